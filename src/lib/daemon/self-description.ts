/**
 * What a daemon says of itself: who it is, where phones and browsers find it, and how it fares.
 */
import {
  ADMIN_PROTOCOL_VERSION,
  type DaemonInfo,
  type DaemonPages,
  type DaemonStatus,
} from '../admin/protocol.js';
import type { Clock } from '../base/clock.js';
import { type CameraUrl, cameraUrls } from './addresses.js';
import type { DaemonOptions } from './daemon-options.js';
import type { Device } from './device.js';
import type { DiskWatch } from './disk-watch.js';
import { daemonPages } from './pages.js';

export interface SelfDescriptionOptions {
  readonly daemon: Pick<DaemonOptions, 'host' | 'tls' | 'access' | 'version' | 'minFreeBytes'>;
  readonly clock: Clock;
  /** The recordings directory, absolute. */
  readonly directory: string;
  readonly diskWatch: DiskWatch;
  /** Why no session may begin now, or nothing. */
  readonly refusal: () => string | undefined;
  /** The port that is listened on. */
  readonly port: () => number;
  /** The cameras that are connected now. */
  readonly cameras: () => readonly Device[];
}

/** Made when the daemon is: its uptime begins then. Everything but `status` is known only once it listens. */
export class SelfDescription {
  readonly #options: SelfDescriptionOptions;
  readonly #startedAtMs: number;
  /** On the clock that never jumps. */
  readonly #startedMonotonicMs: number;

  constructor(options: SelfDescriptionOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.now();
    this.#startedMonotonicMs = options.clock.monotonic();
  }

  /** Where phones should connect. */
  get urls(): CameraUrl[] {
    const { daemon, port } = this.#options;
    return cameraUrls(daemon.host, port(), daemon.tls ? 'wss' : 'ws');
  }

  get pages(): DaemonPages {
    const { access, tls } = this.#options.daemon;
    return daemonPages(this.urls, access?.token, tls);
  }

  get info(): DaemonInfo {
    const { daemon, directory, port } = this.#options;
    const [first] = this.urls;
    return {
      protocol: ADMIN_PROTOCOL_VERSION,
      pid: process.pid,
      version: daemon.version,
      port: port(),
      url: first?.url ?? '',
      dir: directory,
      startedAt: new Date(this.#startedAtMs).toISOString(),
    };
  }

  /** Looks at the disk first, so that it tells what is there now. */
  async status(): Promise<DaemonStatus> {
    const { daemon, clock, diskWatch, refusal, cameras } = this.#options;
    await diskWatch.look();
    const devices = cameras().map((device) => device.deviceStatus);
    const { pid, version, url, dir, port, startedAt } = this.info;
    const { freeBytes } = diskWatch;
    const { minFreeBytes } = daemon;
    // Every byte is written twice: into the raw stream and into the MP4.
    const bytesPerSecond = devices.reduce((sum, device) => sum + (2 * device.bitrate) / 8, 0);
    const room = Math.max(0, freeBytes - minFreeBytes);
    return {
      daemon: {
        pid,
        version,
        url,
        dir,
        uptimeMs: Math.round(clock.monotonic() - this.#startedMonotonicMs),
        freeBytes,
        timeUntilFullMs: bytesPerSecond === 0 ? null : Math.round((room / bytesPerSecond) * 1000),
        minFreeBytes,
        trouble: refusal() ?? null,
        port,
        startedAt,
      },
      devices,
    };
  }
}
