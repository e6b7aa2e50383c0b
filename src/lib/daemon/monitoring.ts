/**
 * Joins the daemon's figures to the address where they are shown, if there is one.
 */
import type { FinishedSession } from '../recording/session-info.js';
import type { DiskWatch } from './disk-watch.js';
import type { Figures } from './figures.js';
import type { Metrics, MetricsSource } from './metrics.js';
import { type Health, type MetricsAddress, MetricsServer } from './metrics-server.js';
import type { PeerLimitLog } from './peer-limit-log.js';
import type { ServingPort } from './serving-port.js';

export interface MonitoringOptions {
  readonly address: MetricsAddress | undefined;
  readonly version: string;
  readonly port: ServingPort;
  readonly figures: Figures;
  readonly limits: PeerLimitLog;
  readonly diskWatch: DiskWatch;
  readonly cameras: MetricsSource['cameras'];
}

const HEALTH_OF_DISK = { ok: 'ok', low: 'degraded', unusable: 'failing' } as const;

/** Without the path that the log and `camrec status` tell: this one is told to whoever asks. */
const UNUSABLE = 'the recordings directory has vanished or cannot be written to';

export class Monitoring {
  readonly #options: MonitoringOptions;
  #metrics: Metrics | undefined;
  #server: MetricsServer | undefined;

  constructor(options: MonitoringOptions) {
    this.#options = options;
  }

  /** Shows figures and health, where an address was given. Throws CONNECTION_FAILED. */
  async start(): Promise<void> {
    const { address } = this.#options;
    if (address === undefined) return;
    // Most daemons show none: what it takes is loaded for those that do.
    const { Metrics } = await import('./metrics.js');
    this.#metrics = new Metrics(this.#source());
    this.#server = new MetricsServer(address, this.#metrics, () => this.#health());
    await this.#server.listen();
  }

  async close(): Promise<void> {
    await this.#server?.close();
    this.#metrics?.close();
  }

  /** The port that is listened on. */
  get port(): number | undefined {
    return this.#server?.port;
  }

  finished({ manifest }: FinishedSession): void {
    const { stopToPlayableMs } = manifest.timings;
    if (stopToPlayableMs !== null) this.#metrics?.playable(stopToPlayableMs);
  }

  #health(): Health {
    const { cameras, diskWatch } = this.#options;
    const { connected, recording } = cameras();
    const status = HEALTH_OF_DISK[diskWatch.state];
    const trouble = status === 'failing' ? UNUSABLE : (diskWatch.refusal ?? null);
    return { status, cameras: connected, recording, trouble };
  }

  #source(): MetricsSource {
    const { version, port, figures, limits, diskWatch, cameras } = this.#options;
    return {
      version,
      cameras,
      connections: () => port.connections,
      totals: () => figures.totals,
      oddities: figures.oddities,
      limits: limits.totals,
      ended: figures.ended,
      queuedBytes: () => figures.queuedBytes,
      unsyncedMs: () => figures.unsyncedMs,
      unfinishedBytes: () => port.unfinishedBytes,
      overloadedSessions: () => figures.overloaded,
      diskFreeBytes: () => diskWatch.freeBytes,
      diskIsUsable: () => diskWatch.state === 'ok',
    };
  }
}
