/**
 * The live WebSocket: figures, events and pictures come, what is watched and what has come goes back.
 */
import type { DaemonStatus } from '../../lib/admin/protocol.js';
import {
  decodePictureMessage,
  LIVE_PATH,
  LIVE_SUBPROTOCOL,
  type LivePictureMessage,
  type LiveServerMessage,
  type LiveViewerMessage,
  type TimedEvent,
} from '../../lib/web/live-protocol.js';
import { ReconnectingSocket, socketUrl } from '../reconnecting-socket.js';
import { pageNowMs, ServerClock } from './server-clock.js';

const PING_EVERY_MS = 2_000;

/** The daemon says something every second: silent for so long, it or the network is gone, even if nobody said so. */
const SILENCE_MS = 10_000;

export interface LiveEvents {
  connected(version: string, history: readonly TimedEvent[]): void;
  disconnected(): void;
  /** A try to connect has failed: why, as a sentence. */
  unreachable(reason: string): void;
  status(status: DaemonStatus): void;
  event(event: TimedEvent): void;
  picture(picture: LivePictureMessage): void;
}

export class LiveConnection {
  readonly clock = new ServerClock();
  readonly #events: LiveEvents;
  readonly #socket: ReconnectingSocket;
  #watched: readonly string[] = [];
  #heardMs = 0;

  constructor(events: LiveEvents) {
    this.#events = events;
    this.#socket = new ReconnectingSocket(() => socketUrl(LIVE_PATH), [LIVE_SUBPROTOCOL], {
      opened: () => this.#opened(),
      message: (data) => this.#message(data),
      closed: () => events.disconnected(),
      failed: (reason) => events.unreachable(reason),
    });
    setInterval(() => this.#look(), PING_EVERY_MS);
    this.#socket.connect();
  }

  /** The cameras whose pictures are wanted from now on. */
  watch(devices: readonly string[]): void {
    if (devices.join('\n') === this.#watched.join('\n')) return;
    this.#watched = devices;
    this.#send({ type: 'watch', devices });
  }

  #opened(): void {
    this.#heardMs = performance.now();
    this.#ping();
    this.#send({ type: 'watch', devices: this.#watched });
  }

  #look(): void {
    const isSilent = performance.now() - this.#heardMs > SILENCE_MS;
    if (this.#socket.isOpen && isSilent) this.#socket.giveUp();
    else this.#ping();
  }

  #ping(): void {
    this.#send({ type: 'ping', sentMs: pageNowMs() });
  }

  #send(message: LiveViewerMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  #message(data: string | ArrayBuffer): void {
    this.#heardMs = performance.now();
    if (typeof data === 'string') this.#text(JSON.parse(data) as LiveServerMessage);
    else {
      const picture = decodePictureMessage(data);
      if (picture === undefined) return;
      this.#send({ type: 'ack', number: picture.number });
      this.#events.picture(picture);
    }
  }

  #text(message: LiveServerMessage): void {
    switch (message.type) {
      case 'hello':
        this.#events.connected(message.version, message.events);
        break;
      case 'status':
        this.#events.status(message.status);
        break;
      case 'event':
        this.#events.event(message);
        break;
      case 'pong':
        this.clock.add(message.sentMs, message.serverMs, pageNowMs());
        break;
    }
  }
}
