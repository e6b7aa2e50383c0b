/**
 * One WebSocket connection of a camera: decodes what comes, watches for silence, sends commands.
 * Everything up to the handler is synchronous, so that packets keep their order (RFC 6455 delivers in order).
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock } from '../base/clock.js';
import { systemErrorCode } from '../base/errors.js';
import {
  type CameraStatus,
  type Capabilities,
  decodeCameraMessage,
  type IgnoredReason,
} from '../wire/camera-messages.js';
import { decodeFramePacket, type FramePacket, type FrameRejection } from '../wire/frame-packet.js';
import {
  MAX_PACKET_BURST,
  MAX_PACKETS_PER_SECOND,
  MAX_PENDING_PONGS,
  MAX_TEXT_BURST,
  MAX_TEXT_BYTES,
  MAX_TEXT_BYTES_BURST,
  MAX_TEXT_BYTES_PER_SECOND,
  MAX_TEXTS_PER_SECOND,
  MAX_UNSENT_BYTES,
  type PeerLimit,
} from './limits.js';
import { PeerWatch } from './peer-watch.js';
import { RateLimit } from './rate-limit.js';
import type { UnfinishedBytes } from './unfinished-bytes.js';

/** How a connection ended. */
export type CloseReason =
  /** The camera closed it, or its network did. */
  | 'closed'
  /** Nothing came for too long: Wi-Fi lost, battery empty. */
  | 'silent'
  /** It broke a rule of the protocol or of this server; `detail` says which. */
  | 'violation';

/**
 * What becomes of a connection's messages. Calls must return at once. Arrivals are in milliseconds since the epoch, on
 * the connection's own clock, which does not jump.
 */
export interface CameraHandler {
  status(status: CameraStatus, message: string, arrivalMs: number): void;
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
  /** The connection underneath. */
  readonly stream: Duplex;
  readonly clock: Clock;
  /** Silence after which the camera counts as gone, in milliseconds. */
  readonly silenceMs: number;
  /** Shared by all connections. */
  readonly unfinished: UnfinishedBytes;
  /** The peer has met a limit and is cut off for it. */
  readonly onLimit: (limit: PeerLimit, detail: string) => void;
  /** The peer has said something that only cameras say. Returns why it may not stay, or nothing when it may. */
  readonly onIdentified: () => string | undefined;
}

/** Of a ping or a pong of a client: two bytes, and the mask (RFC 6455, 5.2). */
const CONTROL_HEADER_BYTES = 6;

/** A smaller message is copied when it would keep so many times its size in memory: it is a view of what came with it. */
const COPY_BELOW_SHARE = 1 / 4;

/** Messages of this size are never copied: smaller ones share memory that Node keeps for such, which costs little. */
const COPY_BELOW_BYTES = 4 * 1024;

export class CameraConnection {
  readonly #socket: WebSocket;
  readonly #options: CameraConnectionOptions;
  readonly #watch: PeerWatch;
  readonly #texts: RateLimit;
  readonly #textBytes: RateLimit;
  readonly #packets: RateLimit;
  /** Wall clock minus monotonic clock when the connection opened: arrival times never jump. */
  readonly epochOffsetMs: number;
  #isIdentified = false;
  #ending: { readonly reason: CloseReason; readonly detail: string } | undefined;
  #handler: CameraHandler | undefined;

  constructor(options: CameraConnectionOptions) {
    const { socket, clock, silenceMs, unfinished } = options;
    this.#options = options;
    this.#socket = socket;
    this.epochOffsetMs = clock.now() - clock.monotonic();
    this.#texts = new RateLimit(clock, MAX_TEXTS_PER_SECOND, MAX_TEXT_BURST);
    this.#textBytes = new RateLimit(clock, MAX_TEXT_BYTES_PER_SECOND, MAX_TEXT_BYTES_BURST);
    this.#packets = new RateLimit(clock, MAX_PACKETS_PER_SECOND, MAX_PACKET_BURST);
    this.#watch = new PeerWatch({
      clock,
      silenceMs,
      unfinished,
      ping: () => this.probe(),
      onLimit: (limit, detail) => this.#refuse(limit, detail),
    });
  }

  /** Begins to hand messages over. */
  start(handler: CameraHandler): void {
    this.#handler = handler;
    this.#socket.on('message', (data, isBinary) => this.#message(data as Buffer, isBinary));
    for (const control of ['ping', 'pong'] as const) {
      this.#socket.on(control, (data) => this.#watch.control(CONTROL_HEADER_BYTES + data.length));
    }
    // The WebSocket library cuts it by itself, without an error.
    this.#socket.on('ping', () => {
      if (!this.#options.stream.destroyed) return;
      this.#refuse('too-many-pings', `over ${MAX_PENDING_PONGS} pings at once`);
    });
    // After the listener of the WebSocket: the messages in a chunk are handled before its bytes are counted.
    this.#options.stream.on('data', (chunk: Buffer) => this.#watch.received(chunk.length));
    this.#socket.on('error', (error) => this.#broken(error));
    this.#socket.on('close', (code, reason) => {
      this.#watch.close();
      const ending = this.#ending ?? { reason: 'closed', detail: closeText(code, reason) };
      handler.closed(ending.reason, ending.detail);
    });
  }

  /** Milliseconds since the last byte came. */
  get silentForMs(): number {
    return this.#watch.silentForMs;
  }

  /** Asks for a sign of life. */
  probe(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  /** Sends one text message. A peer that does not read what it is sent is cut off. */
  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.#refuse('does-not-read', `does not read: over ${MAX_UNSENT_BYTES} bytes unsent`);
      return;
    }
    this.#socket.send(text);
  }

  /** Ends the connection at once. */
  terminate(reason: CloseReason, detail: string): void {
    this.#ending ??= { reason, detail };
    this.#socket.terminate();
  }

  /** Ends the connection for a limit that the peer has met. */
  #refuse(limit: PeerLimit, detail: string): void {
    if (this.#ending !== undefined) return;
    this.#options.onLimit(limit, detail);
    const code = CLOSE_CODES[limit];
    if (code === undefined) {
      this.terminate(limit === 'silent' ? 'silent' : 'violation', detail);
      return;
    }
    this.#ending = { reason: 'violation', detail };
    this.#socket.close(code, detail);
  }

  /** The WebSocket library has found a fault and closes by itself. */
  #broken(error: Error): void {
    if (this.#ending !== undefined) return;
    this.#ending = { reason: 'violation', detail: error.message };
    const limit = LIMIT_OF_ERROR[systemErrorCode(error) ?? ''] ?? 'not-websocket';
    this.#options.onLimit(limit, error.message);
  }

  #message(data: Buffer, isBinary: boolean): void {
    this.#watch.message();
    // What a peer says after it was told to leave is nothing to act on.
    if (this.#ending !== undefined) return;
    if (isBinary) this.#binary(data);
    else if (data.length > MAX_TEXT_BYTES) {
      this.#refuse('text-too-large', `text over ${MAX_TEXT_BYTES} bytes`);
    } else if (!this.#texts.admit()) {
      this.#refuse('text-rate', `over ${MAX_TEXTS_PER_SECOND} text messages per second`);
    } else if (!this.#textBytes.admit(data.length)) {
      this.#refuse('text-rate', `over ${MAX_TEXT_BYTES_PER_SECOND} bytes of text per second`);
    } else this.#text(data.toString('utf8'));
  }

  #binary(data: Buffer): void {
    if (!this.#packets.admit()) {
      this.#refuse('packet-rate', `over ${MAX_PACKETS_PER_SECOND} binary messages per second`);
      return;
    }
    const decoded = decodeFramePacket(withoutBallast(data));
    if (!decoded.ok) {
      this.#watch.foreignMessage();
      this.#handler?.rejected(decoded.reason);
    } else if (this.#identified()) this.#handler?.packet(decoded.packet, this.#arrivalMs());
  }

  /** The peer is a camera. Returns whether it may stay. */
  #identified(): boolean {
    if (this.#isIdentified) return true;
    const refusal = this.#options.onIdentified();
    if (refusal !== undefined) {
      this.#refuse('too-many-cameras', refusal);
      return false;
    }
    this.#isIdentified = true;
    this.#watch.identified();
    return true;
  }

  #text(text: string): void {
    const message = decodeCameraMessage(text);
    switch (message.kind) {
      case 'status':
        if (this.#identified()) {
          this.#handler?.status(message.status, message.message, this.#arrivalMs());
        }
        break;
      case 'capabilities':
        if (this.#identified()) this.#handler?.capabilities(message.capabilities);
        break;
      case 'ignored':
        this.#watch.foreignMessage();
        this.#handler?.ignored(message.reason);
        break;
    }
  }

  #arrivalMs(): number {
    return Math.round(this.#options.clock.monotonic() + this.epochOffsetMs);
  }
}

/** Limits that end in a closing handshake (RFC 6455, 7.4.1); at the others the connection is cut. */
const CLOSE_CODES: Partial<Record<PeerLimit, number>> = {
  // Try again later.
  'too-many-cameras': 1013,
  unidentified: 1008,
  'text-too-large': 1009,
  'text-rate': 1008,
  'packet-rate': 1008,
};

const LIMIT_OF_ERROR: Partial<Record<string, PeerLimit>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'message-too-large',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'message-too-large',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'too-many-fragments',
};

function withoutBallast(message: Buffer): Buffer {
  const isSmall = message.length < COPY_BELOW_BYTES;
  const isPart = message.length < message.buffer.byteLength * COPY_BELOW_SHARE;
  return isSmall && isPart ? Buffer.from(message) : message;
}

function closeText(code: number, reason: Buffer): string {
  if (code === 1006) return 'the connection broke';
  if (code === 1000 || code === 1005) return 'it left';
  const text = reason.toString('utf8');
  return text === '' ? `code ${code}` : `code ${code}: ${text}`;
}
