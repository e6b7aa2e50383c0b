/**
 * One WebSocket connection of a camera: decodes what comes, watches for silence, sends commands.
 * Everything up to the handler is synchronous, so that packets keep their order (RFC 6455 delivers in order).
 */
import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../base/clock.js';
import {
  type CameraStatus,
  type Capabilities,
  decodeCameraMessage,
  type IgnoredReason,
} from '../wire/camera-messages.js';
import { decodeFramePacket, type FramePacket, type FrameRejection } from '../wire/frame-packet.js';
import { MAX_TEXT_BYTES, MAX_UNSENT_BYTES, PING_EVERY_MS } from './limits.js';

/** How a connection ended. */
export type CloseReason =
  /** The camera closed it, or its network did. */
  | 'closed'
  /** Nothing came for too long: Wi-Fi lost, battery empty. */
  | 'silent'
  /** It broke a rule of the protocol or of this server; `detail` says which. */
  | 'violation';

export type RejectedReason = FrameRejection | IgnoredReason;

/** What becomes of a connection's messages. Calls must return at once. */
export interface CameraHandler {
  status(status: CameraStatus, message: string): void;
  capabilities(capabilities: Capabilities): void;
  packet(packet: FramePacket, arrivalMs: number): void;
  /** A binary message that is no frame packet. */
  rejected(reason: FrameRejection): void;
  /** A text message that says nothing. */
  ignored(reason: IgnoredReason): void;
  closed(reason: CloseReason, detail: string): void;
}

export interface CameraConnectionOptions {
  readonly socket: WebSocket;
  /** Bytes received so far on the connection underneath: any byte is a sign of life. */
  readonly bytesRead: () => number;
  readonly clock: Clock;
  /** Silence after which the camera counts as gone, in milliseconds. */
  readonly silenceMs: number;
}

export class CameraConnection {
  readonly #socket: WebSocket;
  readonly #bytesRead: () => number;
  readonly #clock: Clock;
  readonly #silenceMs: number;
  readonly #heartbeat: Timer;
  /** Wall clock minus monotonic clock when the connection opened: arrival times never jump. */
  readonly #epochOffsetMs: number;
  #seenBytes = 0;
  #seenAtMs: number;
  #ending: { readonly reason: CloseReason; readonly detail: string } | undefined;
  #handler: CameraHandler | undefined;

  constructor(options: CameraConnectionOptions) {
    this.#socket = options.socket;
    this.#bytesRead = options.bytesRead;
    this.#clock = options.clock;
    this.#silenceMs = options.silenceMs;
    this.#seenAtMs = this.#clock.monotonic();
    this.#epochOffsetMs = this.#clock.now() - this.#seenAtMs;
    this.#heartbeat = this.#clock.every(Math.min(PING_EVERY_MS, this.#silenceMs / 3), () =>
      this.#beat(),
    );
  }

  /** Begins to hand messages over. */
  start(handler: CameraHandler): void {
    this.#handler = handler;
    this.#socket.on('message', (data, isBinary) => this.#message(data as Buffer, isBinary));
    this.#socket.on('error', (error) => {
      this.#ending ??= { reason: 'violation', detail: error.message };
    });
    this.#socket.on('close', (code, reason) => {
      this.#heartbeat.cancel();
      const ending = this.#ending ?? { reason: 'closed', detail: closeText(code, reason) };
      handler.closed(ending.reason, ending.detail);
    });
  }

  /** Milliseconds since the last byte came. */
  get silentForMs(): number {
    this.#look();
    return this.#clock.monotonic() - this.#seenAtMs;
  }

  /** Sends one text message. A peer that does not read what it is sent is cut off. */
  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.terminate('violation', `does not read: over ${MAX_UNSENT_BYTES} bytes unsent`);
      return;
    }
    this.#socket.send(text);
  }

  /** Ends the connection in good order. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Ends the connection at once. */
  terminate(reason: CloseReason, detail: string): void {
    this.#ending ??= { reason, detail };
    this.#socket.terminate();
  }

  #message(data: Buffer, isBinary: boolean): void {
    if (isBinary) this.#binary(data);
    else if (data.length > MAX_TEXT_BYTES) {
      this.#ending ??= { reason: 'violation', detail: `text over ${MAX_TEXT_BYTES} bytes` };
      this.#socket.close(1009, 'text message too long');
    } else this.#text(data.toString('utf8'));
  }

  #binary(data: Buffer): void {
    const decoded = decodeFramePacket(data);
    if (!decoded.ok) this.#handler?.rejected(decoded.reason);
    else this.#handler?.packet(decoded.packet, this.#arrivalMs());
  }

  #text(text: string): void {
    const message = decodeCameraMessage(text);
    switch (message.kind) {
      case 'status':
        this.#handler?.status(message.status, message.message);
        break;
      case 'capabilities':
        this.#handler?.capabilities(message.capabilities);
        break;
      case 'ignored':
        this.#handler?.ignored(message.reason);
        break;
    }
  }

  #arrivalMs(): number {
    return Math.round(this.#clock.monotonic() + this.#epochOffsetMs);
  }

  #look(): void {
    const bytes = this.#bytesRead();
    if (bytes === this.#seenBytes) return;
    this.#seenBytes = bytes;
    this.#seenAtMs = this.#clock.monotonic();
  }

  /** A pong can wait behind a large frame, so only silence of every byte counts. */
  #beat(): void {
    const silentMs = this.silentForMs;
    if (silentMs > this.#silenceMs) {
      this.terminate('silent', `nothing came for ${Math.round(silentMs / 100) / 10} s`);
    } else if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }
}

/** A close in words; 1005 and 1006 stand for no code at all (RFC 6455, 7.4.1). */
function closeText(code: number, reason: Buffer): string {
  if (code === 1006) return 'the connection broke';
  if (code === 1000 || code === 1005) return 'it left';
  const text = reason.toString('utf8');
  return text === '' ? `code ${code}` : `code ${code}: ${text}`;
}
