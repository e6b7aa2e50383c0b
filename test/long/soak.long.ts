/**
 * A soak: fifty cameras that come, film, are cut off, come back and go, for as long as is asked; memory stays flat and
 * every session is whole. CAMREC_SOAK_MINUTES: 30 unless given.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { simulatePhones } from '../../src/lib/simulate/simulate-phones.js';
import { scrape } from '../support/metrics-text.js';
import { ServeProcess } from '../support/serve-process.js';
import { freePort } from '../support/siege.js';

const MINUTES = Number(process.env['CAMREC_SOAK_MINUTES'] ?? 30);
const CAMERAS = Number(process.env['CAMREC_SOAK_CAMERAS'] ?? 50);

/** Time for buffers, compiled code and reserves to reach their size. */
const WARM_UP_SHARE = 0.3;

/** Growth of memory that is the collector's leisure and no leak. */
const FLAT_BYTES = 60e6;

it(
  `soak: ${CAMERAS} cameras for ${MINUTES} minutes`,
  async () => {
    const metrics = await freePort();
    const serve = await ServeProcess.start([
      '--metrics',
      `127.0.0.1:${metrics}`,
      '--resume-window',
      '2s',
    ]);
    const end = performance.now() + MINUTES * 60_000;
    const remaining = () => end - performance.now();
    let rounds = 0;
    try {
      const camera = async (n: number) => {
        for (let round = 0; remaining() > 0; round += 1) {
          const seed = n * 1000 + round;
          const lives = 3_000 + (seed % 7) * 2_000;
          const behaviour = {
            autostart: true,
            seed,
            ...(seed % 3 === 0 && { disconnectAfterMs: lives / 2 }),
          };
          await simulatePhones({ url: serve.url, name: `soak-${n}`, durationMs: lives, behaviour });
          rounds += 1;
          await sleep(seed % 500);
        }
      };
      const samples: { atMs: number; rss: number }[] = [];
      const watch = async () => {
        while (remaining() > 0) {
          const rss = (await scrape(metrics)).get('process_resident_memory_bytes') ?? 0;
          samples.push({ atMs: MINUTES * 60_000 - remaining(), rss });
          await removeFinished(serve);
          await sleep(2_000);
        }
      };
      await Promise.all([watch(), ...Array.from({ length: CAMERAS }, (_, n) => camera(n))]);
      serve.signal('SIGTERM');
      expect(await serve.exited).toEqual({ code: 0, signal: null });
      const finished = serve.log.filter(({ event }) => event === 'session.finished');
      const whole = finished.filter(({ state }) => state === 'complete');
      const warm = samples.filter(({ atMs }) => atMs > MINUTES * 60_000 * WARM_UP_SHARE);
      const half = Math.floor(warm.length / 2);
      const [early, late] = [median(warm.slice(0, half)), median(warm.slice(half))];
      const resumed = serve.log.filter(({ event }) => event === 'session.resumed').length;
      const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
      console.info(
        `soak: ${rounds} connections, ${finished.length} sessions, ${whole.length} complete, ${resumed} resumed; memory ${mb(early)} MB in the first half, ${mb(late)} MB in the second`,
      );
      expect(finished.length).toBeGreaterThan(CAMERAS);
      const others = finished.filter(
        ({ state, reason }) => state !== 'complete' && reason !== 'no-pictures',
      );
      expect(others).toEqual([]);
      expect(finished.reduce((sum, { lost }) => sum + Number(lost), 0)).toBe(0);
      expect(late - early).toBeLessThan(FLAT_BYTES);
    } finally {
      await serve.remove();
    }
  },
  (MINUTES + 5) * 60_000,
);

function median(samples: readonly { rss: number }[]): number {
  const sorted = samples.map(({ rss }) => rss).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The disk is not what is soaked here. */
async function removeFinished(serve: ServeProcess): Promise<void> {
  const done = new Set(
    serve.log.filter(({ event }) => event === 'session.finished').map(({ session }) => session),
  );
  for (const name of await readdir(serve.directory)) {
    if (done.has(name))
      // A late thumbnail may be in the way: the next round finds it.
      await rm(join(serve.directory, name), { recursive: true, force: true }).catch(() => {});
  }
}
