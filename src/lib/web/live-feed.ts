/**
 * All monitor pages: hands them pictures, figures and events. While nobody watches, the cameras' packets do not even
 * get here.
 */
import type { WebSocket } from 'ws';
import type { DaemonApi } from '../admin/daemon-api.js';
import type { Clock, Timer } from '../base/clock.js';
import {
  MAX_HISTORY,
  MAX_VIEWERS,
  STATUS_AFTER_EVENT_MS,
  STATUS_EVERY_MS,
  VIEWER_PING_EVERY_MS,
} from './limits.js';
import { LivePictures } from './live-pictures.js';
import type { LiveServerMessage, TimedEvent } from './live-protocol.js';
import type { LivePacket, LiveSource } from './live-source.js';
import { Viewer } from './viewer.js';

export interface LiveFeedOptions {
  readonly api: DaemonApi;
  readonly source: LiveSource;
  readonly clock: Clock;
}

export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #viewers = new Set<Viewer>();
  readonly #cameras = new Map<string, LivePictures>();
  readonly #history: TimedEvent[] = [];
  readonly #unsubscribe: () => void;
  #watched = new Set<string>();
  #timers: Timer[] = [];
  #soon: Timer | undefined;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    this.#unsubscribe = options.api.onEvent((event) => {
      const timed = { atMs: options.clock.now(), event };
      this.#history.push(timed);
      if (this.#history.length > MAX_HISTORY) this.#history.shift();
      if (this.#viewers.size === 0) return;
      tell(this.#viewers, { type: 'event', ...timed });
      this.#sendStatusSoon();
    });
  }

  get viewers(): ReadonlySet<Viewer> {
    return this.#viewers;
  }

  get isFull(): boolean {
    return this.#viewers.size >= MAX_VIEWERS;
  }

  /** Takes a page's WebSocket over. */
  accept(socket: WebSocket): void {
    const viewer: Viewer = new Viewer(socket, this.#options.clock, {
      watching: () => this.#rewatch(),
      closed: () => this.#leave(viewer),
    });
    this.#viewers.add(viewer);
    const { version } = this.#options.api.info;
    tell([viewer], { type: 'hello', version, events: this.#history });
    if (this.#viewers.size === 1) this.#wake();
    void this.#sendStatus([viewer]);
  }

  /** Ends every connection. */
  close(): void {
    this.#unsubscribe();
    for (const viewer of this.#viewers) viewer.close();
  }

  #leave(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    this.#rewatch();
    if (this.#viewers.size > 0) return;
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }

  #wake(): void {
    const { clock } = this.#options;
    this.#timers = [
      clock.every(STATUS_EVERY_MS, () => void this.#sendStatus(this.#viewers)),
      clock.every(VIEWER_PING_EVERY_MS, () => {
        for (const viewer of this.#viewers) viewer.checkAlive();
      }),
    ];
  }

  async #sendStatus(viewers: Iterable<Viewer>): Promise<void> {
    const status = await this.#options.api.status().catch(() => undefined);
    if (status === undefined) return;
    tell(viewers, { type: 'status', status });
  }

  /** What has changed shows without waiting for its second. */
  #sendStatusSoon(): void {
    this.#soon ??= this.#options.clock.after(STATUS_AFTER_EVENT_MS, () => {
      this.#soon = undefined;
      void this.#sendStatus(this.#viewers);
    });
  }

  /** Who watches what has changed. */
  #rewatch(): void {
    this.#watched = new Set([...this.#viewers].flatMap((viewer) => [...viewer.watched]));
    for (const device of this.#cameras.keys()) {
      if (!this.#watched.has(device)) this.#cameras.delete(device);
    }
    const listener = (packet: LivePacket) => this.#packet(packet);
    this.#options.source.watch(this.#watched.size === 0 ? undefined : listener);
  }

  #packet(packet: LivePacket): void {
    const { device } = packet;
    if (!this.#watched.has(device)) return;
    let camera = this.#cameras.get(device);
    if (camera === undefined) {
      camera = new LivePictures();
      this.#cameras.set(device, camera);
    }
    for (const picture of camera.push(packet)) {
      for (const viewer of this.#viewers) viewer.picture(picture);
    }
  }
}

/** Written once, however many get it. */
function tell(viewers: Iterable<Viewer>, message: LiveServerMessage): void {
  const text = JSON.stringify(message);
  for (const viewer of viewers) viewer.tell(text);
}
