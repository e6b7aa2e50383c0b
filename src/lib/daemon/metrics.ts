/**
 * The daemon's figures in the format of Prometheus. Everything is read when it is asked for.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { OddityKind, SessionFigures } from './figures.js';

/** What the figures are read from. */
export interface MetricsSource {
  readonly version: string;
  readonly cameras: () => { readonly connected: number; readonly recording: number };
  readonly connections: () => number;
  readonly totals: () => SessionFigures;
  /** By kind (`OddityKind`) and reason, one space between. */
  readonly oddities: ReadonlyMap<string, number>;
  /** By name of the limit. */
  readonly limits: ReadonlyMap<string, number>;
  /** Finished sessions by state and reason, one space between. */
  readonly ended: ReadonlyMap<string, number>;
  readonly queuedBytes: () => number;
  readonly unsyncedMs: () => number;
  readonly unfinishedBytes: () => number;
  readonly overloadedSessions: () => number;
  readonly diskFreeBytes: () => number;
  readonly diskIsUsable: () => boolean;
}

const ODDITY_HELP: Record<OddityKind, string> = {
  rejected: 'Binary messages that are no frame packets',
  ignored: 'Text messages that say nothing',
  unclaimed: 'Packets that no capture claimed',
};

/** Seconds from a stop to a playable MP4. */
const PLAYABLE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const DELAY_RESOLUTION_MS = 10;

export class Metrics {
  readonly #registry = new Registry();
  readonly #source: MetricsSource;
  readonly #delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  readonly #stopToPlayable: Histogram;

  constructor(source: MetricsSource) {
    this.#source = source;
    this.#delay.enable();
    this.#defineCounters();
    this.#defineGauges();
    this.#defineLabelled();
    this.#stopToPlayable = new Histogram({
      name: 'camrec_stop_to_playable_seconds',
      help: 'Time from the end of a capture to a playable MP4',
      buckets: PLAYABLE_BUCKETS,
      registers: [this.#registry],
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** A session was finished so long after its stop. */
  playable(ms: number): void {
    this.#stopToPlayable.observe(ms / 1000);
  }

  async text(): Promise<string> {
    const text = await this.#registry.metrics();
    // Delays are told since the last time that somebody asked.
    this.#delay.reset();
    return text;
  }

  close(): void {
    this.#delay.disable();
  }

  #defineCounters(): void {
    const help: Record<keyof SessionFigures, string> = {
      frames: 'Pictures recorded',
      bytes: 'Bytes of video recorded',
      lost: 'Sequence numbers that were missing when a later one was recorded, dropped ones included',
      late: 'Sequence numbers counted as lost that came after all',
      dropped: 'Packets that came and could not be kept, because the disk was too slow or failed',
      rejected: 'Binary messages rejected during a capture',
    };
    for (const name of Object.keys(help) as (keyof SessionFigures)[]) {
      this.#counter(`camrec_${name}_total`, help[name], () => this.#source.totals()[name]);
    }
  }

  #defineGauges(): void {
    const source = this.#source;
    const delay = this.#delay;
    this.#gauge('camrec_cameras', 'Cameras connected', () => source.cameras().connected);
    this.#gauge(
      'camrec_cameras_recording',
      'Cameras that record',
      () => source.cameras().recording,
    );
    this.#gauge('camrec_connections', 'Connections open, cameras and others', source.connections);
    this.#gauge('camrec_queue_bytes', 'Bytes that wait for the disk', source.queuedBytes);
    this.#gauge(
      'camrec_unsynced_seconds',
      'Recording that a power cut would cost, of the session that would lose most',
      () => source.unsyncedMs() / 1000,
    );
    this.#gauge(
      'camrec_unfinished_message_bytes',
      'Bytes of messages that peers have begun and not finished',
      source.unfinishedBytes,
    );
    this.#gauge(
      'camrec_sessions_overloaded',
      'Sessions that drop packets now because the disk is too slow',
      source.overloadedSessions,
    );
    this.#gauge('camrec_disk_free_bytes', 'Free bytes for recordings', source.diskFreeBytes);
    this.#gauge('camrec_disk_usable', 'Whether sessions can begin', () =>
      Number(source.diskIsUsable()),
    );
    this.#gauge(
      'camrec_event_loop_delay_max_seconds',
      'Since the last scrape',
      () => delay.max / 1e9,
    );
    this.#gauge(
      'camrec_event_loop_delay_p99_seconds',
      'Since the last scrape',
      () => delay.percentile(99) / 1e9,
    );
    this.#gauge('process_resident_memory_bytes', 'Memory', () => process.memoryUsage.rss());
    const info = new Gauge({
      name: 'camrec_info',
      help: 'The version, as a label',
      labelNames: ['version'],
      registers: [this.#registry],
    });
    info.set({ version: source.version }, 1);
  }

  #defineLabelled(): void {
    const source = this.#source;
    for (const kind of Object.keys(ODDITY_HELP) as OddityKind[]) {
      this.#labelled(`camrec_${kind}_by_reason_total`, ODDITY_HELP[kind], ['reason'], () =>
        [...source.oddities].flatMap(([key, count]) =>
          key.startsWith(`${kind} `)
            ? [{ labels: { reason: key.slice(kind.length + 1) }, count }]
            : [],
        ),
      );
    }
    this.#labelled('camrec_peer_limits_total', 'Limits that peers have met', ['limit'], () =>
      [...source.limits].map(([limit, count]) => ({ labels: { limit }, count })),
    );
    this.#labelled(
      'camrec_sessions_ended_total',
      'Sessions that have ended',
      ['state', 'reason'],
      () =>
        [...source.ended].map(([key, count]) => {
          const [state = '', reason = ''] = key.split(' ');
          return { labels: { state, reason }, count };
        }),
    );
  }

  #gauge(name: string, help: string, read: () => number): void {
    const registers = [this.#registry];
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers,
      collect: () => gauge.set(finite(read())),
    });
  }

  /** A counter that is counted elsewhere. */
  #counter(name: string, help: string, read: () => number): void {
    const registers = [this.#registry];
    const counter: Counter = new Counter({
      name,
      help,
      registers,
      collect: () => {
        counter.reset();
        counter.inc(read());
      },
    });
  }

  #labelled<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: () => { labels: Record<Label, string>; count: number }[],
  ): void {
    const registers = [this.#registry];
    const counter: Counter<Label> = new Counter<Label>({
      name,
      help,
      labelNames,
      registers,
      collect: () => {
        counter.reset();
        for (const { labels, count } of read()) counter.inc(labels, count);
      },
    });
  }
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
