/**
 * One monitor page: what it wants to see, what it has confirmed, and what is left out because it is slow.
 * Pictures in flight are bounded by what the page confirms, not by what the system's buffers swallow: a slow
 * network would otherwise show the past. What is left out is never kept: the page goes on at the next key picture.
 */
import * as v from 'valibot';
import type { WebSocket } from 'ws';
import type { Clock } from '../base/clock.js';
import {
  MAX_UNCONFIRMED_BYTES,
  MAX_UNCONFIRMED_MS,
  MAX_UNCONFIRMED_PICTURES,
  MAX_UNSENT_BYTES,
  MAX_WATCHED,
} from './limits.js';
import type { LivePicture } from './live-pictures.js';
import { encodePictureHeader, type LiveServerMessage } from './live-protocol.js';

const MAX_ID_CHARS = 255;

const messageSchema = v.variant('type', [
  v.object({
    type: v.literal('watch'),
    devices: v.pipe(
      v.array(v.pipe(v.string(), v.maxLength(MAX_ID_CHARS))),
      v.maxLength(MAX_WATCHED),
    ),
  }),
  v.object({ type: v.literal('ack'), number: v.number() }),
  v.object({ type: v.literal('ping'), sentMs: v.number() }),
]);

/** A picture that was sent and is not confirmed yet. */
interface Unconfirmed {
  readonly number: number;
  readonly bytes: number;
  readonly sentMs: number;
}

export interface ViewerEvents {
  /** It watches other cameras than before. */
  watching(): void;
  closed(): void;
}

export class Viewer {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #events: ViewerEvents;
  #watched = new Set<string>();
  /** Watched cameras that go on with their next key picture. */
  readonly #waiting = new Set<string>();
  #unconfirmed: Unconfirmed[] = [];
  #unconfirmedBytes = 0;
  #sent = 0;
  #leftOut = 0;
  #alive = true;

  constructor(socket: WebSocket, clock: Clock, events: ViewerEvents) {
    this.#socket = socket;
    this.#clock = clock;
    this.#events = events;
    socket.on('message', (data, isBinary) => {
      this.#alive = true;
      if (!isBinary) this.#message(data.toString());
    });
    socket.on('pong', () => {
      this.#alive = true;
    });
    // The close that follows says all there is to say.
    socket.on('error', () => {});
    socket.on('close', () => events.closed());
  }

  /** Ids of the cameras that it wants to see. */
  get watched(): ReadonlySet<string> {
    return this.#watched;
  }

  /** Bytes of pictures that are on their way. */
  get unconfirmedBytes(): number {
    return this.#unconfirmedBytes;
  }

  /** Pictures that were left out because it is slow. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Sends a picture, or leaves it out. Never waits, never copies. */
  picture(picture: LivePicture): void {
    const { device, key, bytes } = picture;
    if (!this.#watched.has(device)) return;
    if (this.#isSlow(bytes)) {
      this.#waiting.add(device);
      this.#leftOut += 1;
      return;
    }
    if (this.#waiting.has(device)) {
      if (!key) return;
      this.#waiting.delete(device);
    }
    this.#sent = (this.#sent + 1) >>> 0;
    this.#unconfirmed.push({ number: this.#sent, bytes, sentMs: this.#clock.monotonic() });
    this.#unconfirmedBytes += bytes;
    const header = encodePictureHeader({ ...picture, number: this.#sent });
    this.#socket.send(header, { binary: true, fin: false });
    const last = picture.chunks.length - 1;
    for (const [index, chunk] of picture.chunks.entries()) {
      this.#socket.send(chunk, { binary: true, fin: index === last });
    }
  }

  /** Sends a message of `LiveServerMessage` as JSON; one that does not read at all gets none. */
  tell(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) return;
    this.#socket.send(text);
  }

  /** Asks for a sign of life; cuts the viewer off when none came since the last time. */
  checkAlive(): void {
    if (!this.#alive) this.#socket.terminate();
    this.#alive = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  close(): void {
    this.#socket.close(1001, 'the server stops');
    this.#socket.terminate();
  }

  #isSlow(bytes: number): boolean {
    const [oldest] = this.#unconfirmed;
    if (oldest === undefined) return false;
    return (
      this.#clock.monotonic() - oldest.sentMs > MAX_UNCONFIRMED_MS ||
      this.#unconfirmed.length >= MAX_UNCONFIRMED_PICTURES ||
      this.#unconfirmedBytes + bytes > MAX_UNCONFIRMED_BYTES
    );
  }

  #message(text: string): void {
    const message = readMessage(text);
    switch (message?.type) {
      case 'watch':
        this.#watch(message.devices);
        break;
      case 'ack':
        this.#confirm(message.number);
        break;
      case 'ping':
        this.#pong(message.sentMs);
        break;
      case undefined:
        break;
    }
  }

  #pong(sentMs: number): void {
    const pong: LiveServerMessage = { type: 'pong', sentMs, serverMs: this.#clock.now() };
    this.tell(JSON.stringify(pong));
  }

  #watch(devices: readonly string[]): void {
    const wanted = new Set(devices);
    for (const device of wanted) if (!this.#watched.has(device)) this.#waiting.add(device);
    this.#watched = wanted;
    this.#events.watching();
  }

  #confirm(number: number): void {
    const index = this.#unconfirmed.findLastIndex((picture) => picture.number === number);
    for (const { bytes } of this.#unconfirmed.splice(0, index + 1)) this.#unconfirmedBytes -= bytes;
  }
}

/** Whatever is not understood is nothing. */
function readMessage(text: string): v.InferOutput<typeof messageSchema> | undefined {
  try {
    const parsed = v.safeParse(messageSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
