/**
 * A daemon process under attack while two honest cameras record, and what came of it.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { simulatePhones } from '../../src/lib/simulate/simulate-phones.js';
import { ATTACKS, type Attack, Peers, type Scale } from './hostile-peers.js';
import { type Samples, scrape } from './metrics-text.js';
import { type LogLine, ServeProcess } from './serve-process.js';

export interface HonestCamera {
  readonly sent: { readonly frames: number; readonly sha256: string };
  readonly recorded: { readonly frames: number; readonly lost: number; readonly sha256: string };
}

export interface Siege {
  readonly honest: readonly HonestCamera[];
  /** What each attack was counted as, in all. */
  readonly counted: ReadonlyMap<Attack, number>;
  readonly log: readonly LogLine[];
  readonly rssBefore: number;
  readonly rssPeak: number;
  readonly rssAfter: number;
  readonly loopDelayMaxMs: number;
}

const SAMPLE_EVERY_MS = 250;

/** Cameras beside which there is room for the 64 connections of those that say nothing. */
const MAX_CAMERAS = 30;

export async function besiege(scale: Scale): Promise<Siege> {
  const metricsPort = await freePort();
  const serve = await ServeProcess.start([
    '--metrics',
    `127.0.0.1:${metricsPort}`,
    '--max-cameras',
    String(MAX_CAMERAS),
  ]);
  const peers = new Peers(Number(new URL(serve.url).port), scale);
  try {
    const leave = new AbortController();
    let connected = () => {};
    const ready = new Promise<void>((resolve) => {
      connected = resolve;
    });
    const filming = simulatePhones({
      url: serve.url,
      devices: 2,
      name: 'honest',
      behaviour: { autostart: true, fps: 20 },
      signal: leave.signal,
      onConnected: connected,
    });
    await ready;
    const rssBefore = (await scrape(metricsPort)).get('process_resident_memory_bytes') ?? 0;
    let rssPeak = rssBefore;
    let loopDelayMaxMs = 0;
    const watching = new AbortController();
    const watch = (async () => {
      while (!watching.signal.aborted) {
        const samples = await scrape(metricsPort);
        rssPeak = Math.max(rssPeak, samples.get('process_resident_memory_bytes') ?? 0);
        const delay = 1000 * (samples.get('camrec_event_loop_delay_max_seconds') ?? 0);
        loopDelayMaxMs = Math.max(loopDelayMaxMs, delay);
        await sleep(SAMPLE_EVERY_MS);
      }
    })();
    const [last, ...others] = [...ATTACKS].reverse();
    await Promise.all(others.map((attack) => attack.run(peers)));
    await last?.run(peers);
    leave.abort();
    const report = await filming;
    const finished = await Promise.all(
      report.devices.map(({ name }) =>
        serve.line('session.finished', ({ device }) => device === name),
      ),
    );
    watching.abort();
    await watch;
    peers.close();
    const end = await scrape(metricsPort);
    serve.signal('SIGTERM');
    await serve.exited;
    const honest = await Promise.all(
      report.devices.map(async ({ captures }, index) => {
        const line = finished[index];
        const mp4 = line?.['mp4'] as string[];
        const raw = await readFile(mp4[0]?.replace(/stream\.mp4$/, 'stream.h264') ?? '');
        return {
          sent: { frames: captures[0]?.frames ?? -1, sha256: captures[0]?.sha256 ?? '' },
          recorded: {
            frames: Number(line?.['frames']),
            lost: Number(line?.['lost']),
            sha256: createHash('sha256').update(raw).digest('hex'),
          },
        };
      }),
    );
    return {
      honest,
      counted: new Map(ATTACKS.map((attack) => [attack, countOf(attack, end)])),
      log: serve.log,
      rssBefore,
      rssPeak,
      rssAfter: end.get('process_resident_memory_bytes') ?? 0,
      loopDelayMaxMs,
    };
  } finally {
    peers.close();
    await serve.remove();
  }
}

function countOf({ counter }: Attack, samples: Samples): number {
  const [kind, reason] = counter.split(' ');
  const name =
    reason === undefined
      ? `camrec_peer_limits_total{limit="${kind}"}`
      : `camrec_${kind}_by_reason_total{reason="${reason}"}`;
  return samples.get(name) ?? 0;
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The figures of a siege, for people. */
export function siegeFigures(siege: Siege): string {
  const mb = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  const attacks = [...siege.counted].map(
    ([{ name, counter }, count]) => `  ${name}: ${counter} ${count}`,
  );
  const honest = siege.honest.map(
    ({ sent, recorded }) => `${recorded.frames} of ${sent.frames} frames, ${recorded.lost} lost`,
  );
  return [
    `honest cameras: ${honest.join('; ')}`,
    `memory: ${mb(siege.rssBefore)} before, ${mb(siege.rssPeak)} at most, ${mb(siege.rssAfter)} after`,
    `event loop: ${Math.round(siege.loopDelayMaxMs)} ms at most`,
    ...attacks,
  ].join('\n');
}
