/**
 * The long soak: memory stays flat and every session is whole. CAMREC_SOAK_MINUTES: 30 unless given;
 * CAMREC_SOAK_CAMERAS: 50.
 */
import { expect, it } from 'vitest';
import { soak, soakFigures } from '../support/soak.js';

const minutes = Number(process.env['CAMREC_SOAK_MINUTES'] ?? 30);
const cameras = Number(process.env['CAMREC_SOAK_CAMERAS'] ?? 50);

/** Growth of memory that is the collector's leisure and no leak. */
const FLAT_BYTES = 60e6;

it(
  `soak: ${cameras} cameras for ${minutes} minutes`,
  async () => {
    const result = await soak({ durationMs: minutes * 60_000, cameras, stayMs: 3_000 });
    console.info(soakFigures(result));
    expect(result.exit).toEqual({ code: 0, signal: null });
    expect(result.finished.length).toBeGreaterThan(cameras);
    const broken = result.finished.filter(
      ({ state, reason }) => state !== 'complete' && reason !== 'no-pictures',
    );
    expect(broken).toEqual([]);
    expect(result.finished.filter(({ lost }) => lost !== 0)).toEqual([]);
    expect(result.lateBytes - result.earlyBytes).toBeLessThan(FLAT_BYTES);
  },
  (minutes + 5) * 60_000,
);
