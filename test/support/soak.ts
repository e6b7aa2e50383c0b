/**
 * Cameras that come, film, are cut off, come back and go, for as long as is asked.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { simulatePhones } from '../../src/lib/simulate/simulate-phones.js';
import { scrape } from './metrics-text.js';
import { type Exit, type LogLine, ServeProcess } from './serve-process.js';
import { freePort } from './siege.js';

export interface SoakOptions {
  readonly durationMs: number;
  readonly cameras: number;
  /** How long a camera stays connected, at least; up to five times as long at most. */
  readonly stayMs: number;
}

export interface Soak {
  readonly connections: number;
  readonly finished: readonly LogLine[];
  readonly resumed: number;
  /** Medians of the memory in the two halves after the warm-up. */
  readonly earlyBytes: number;
  readonly lateBytes: number;
  readonly exit: Exit;
}

const WATCH_EVERY_MS = 2_000;

/** Time for buffers, compiled code and reserves to reach their size. */
const WARM_UP_SHARE = 0.3;

export async function soak(options: SoakOptions): Promise<Soak> {
  const { durationMs, cameras } = options;
  const metrics = await freePort();
  const serve = await ServeProcess.start([
    ...['--metrics', `127.0.0.1:${metrics}`],
    ...['--resume-window', '2s'],
  ]);
  try {
    const end = performance.now() + durationMs;
    const remaining = () => end - performance.now();
    const samples: { readonly atMs: number; readonly rss: number }[] = [];
    const watch = async () => {
      while (remaining() > 0) {
        const rss = (await scrape(metrics)).get('process_resident_memory_bytes') ?? 0;
        samples.push({ atMs: durationMs - remaining(), rss });
        await removeFinished(serve);
        await sleep(Math.min(WATCH_EVERY_MS, durationMs / 10));
      }
    };
    const rounds = Array.from({ length: cameras }, (_, n) =>
      comeAndGo(serve, n, options, remaining),
    );
    const [connections] = await Promise.all([Promise.all(rounds), watch()]);
    serve.signal('SIGTERM');
    const exit = await serve.exited;
    const warm = samples.filter(({ atMs }) => atMs > durationMs * WARM_UP_SHARE);
    const half = Math.ceil(warm.length / 2);
    return {
      connections: connections.reduce((sum, count) => sum + count, 0),
      finished: serve.log.filter(({ event }) => event === 'session.finished'),
      resumed: serve.log.filter(({ event }) => event === 'session.resumed').length,
      earlyBytes: median(warm.slice(0, half)),
      lateBytes: median(warm.slice(half)),
      exit,
    };
  } finally {
    await serve.remove();
  }
}

/** One camera that connects again and again; every third time it is cut off in mid-capture. */
async function comeAndGo(
  serve: ServeProcess,
  n: number,
  { stayMs }: SoakOptions,
  remaining: () => number,
): Promise<number> {
  let round = 0;
  for (; remaining() > 0; round += 1) {
    const seed = n * 1000 + round;
    const durationMs = Math.min(stayMs * (1 + (seed % 5)), Math.max(remaining(), stayMs));
    const isCut = seed % 3 === 0;
    const cut = isCut ? { disconnectAfterMs: durationMs / 2 } : {};
    const behaviour = { autostart: true, seed, ...cut };
    await simulatePhones({ url: serve.url, name: `soak-${n}`, durationMs, behaviour });
    await sleep(seed % 500);
  }
  return round;
}

/** The figures of a soak, for people. */
export function soakFigures(result: Soak): string {
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const complete = result.finished.filter(({ state }) => state === 'complete').length;
  return `soak: ${result.connections} connections, ${result.finished.length} sessions, ${complete} complete, ${result.resumed} resumed; memory ${mb(result.earlyBytes)} in the first half, ${mb(result.lateBytes)} in the second`;
}

function median(samples: readonly { readonly rss: number }[]): number {
  const sorted = samples.map(({ rss }) => rss).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The disk is not what is soaked here. */
async function removeFinished(serve: ServeProcess): Promise<void> {
  const done = new Set(
    serve.log.filter(({ event }) => event === 'session.finished').map(({ session }) => session),
  );
  for (const name of await readdir(serve.directory)) {
    if (!done.has(name)) continue;
    // A late thumbnail may be in the way: the next round finds it.
    await rm(join(serve.directory, name), { recursive: true, force: true }).catch(() => {});
  }
}
