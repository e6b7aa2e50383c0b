/** The short form of the soak in `npm run test:long`: connects, disconnects and returns, and nothing is lost. */
import { expect, it } from 'vitest';
import { soak, soakFigures } from '../support/soak.js';

it('keeps every session of cameras that come and go whole', async () => {
  const result = await soak({ durationMs: 6_000, cameras: 6, stayMs: 600 });
  console.info(soakFigures(result));
  expect(result.exit).toEqual({ code: 0, signal: null });
  expect(result.finished.length).toBeGreaterThan(6);
  expect(result.resumed).toBeGreaterThan(0);
  const broken = result.finished.filter(
    ({ state, reason }) => state !== 'complete' && reason !== 'no-pictures',
  );
  expect(broken).toEqual([]);
  expect(result.finished.filter(({ lost }) => lost !== 0)).toEqual([]);
}, 60_000);
