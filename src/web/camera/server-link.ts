/**
 * The connection to the server, as the wire protocol has it (docs/protocol.md). When it breaks during a capture, what
 * is encoded meanwhile is held, from the next key picture on, and sent when it is back: the capture goes on.
 */
import { ReconnectingSocket, socketUrl } from '../reconnecting-socket.js';
import { type Command, parseCommand } from './command.js';

const CAMERA_PATH = '/android-cam';

/** What is held while there is no connection; beyond it, holding begins anew at a key picture. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;

/** The server keeps a session open for so long; afterwards the capture is given up. */
export const RESUME_WITHIN_MS = 10_000;

/** Data waits and none of it leaves for so long: the network is gone, even if nobody said so. */
const STUCK_MS = 5_000;
const LOOK_EVERY_MS = 1_000;

export type CameraStatus = 'ready' | 'capture_started' | 'capture_stopped' | 'error';

export interface LinkEvents {
  /** Connected: for the first time, or anew. Tells what there is to tell. */
  connected(): void;
  /** The connection broke. */
  disconnected(): void;
  /** It could not be made: why, as a sentence. Tries go on. */
  unreachable(reason: string): void;
  command(command: Command): void;
  /** Nothing that comes now can be decoded before the next key picture. */
  keyNeeded(): void;
}

export class ServerLink {
  readonly #events: LinkEvents;
  readonly #socket: ReconnectingSocket;
  #held: Uint8Array<ArrayBuffer>[] = [];
  #heldBytes = 0;
  #needsKey = false;
  /** When data moved last, and how much the network had taken by then. */
  #moved = { atMs: 0, takenBytes: 0 };

  /** `name`: what this camera is called. */
  constructor(name: () => string, events: LinkEvents) {
    this.#events = events;
    const url = () => {
      const address = socketUrl(CAMERA_PATH);
      address.searchParams.set('name', name());
      return address;
    };
    this.#socket = new ReconnectingSocket(url, [], {
      opened: () => this.#opened(),
      message: (data) => this.#message(data),
      closed: () => this.#closed(),
      failed: (reason) => events.unreachable(reason),
    });
    setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  /** Bytes that wait for the network; what is held for another connection is bounded by itself. */
  get unsentBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Connects, or connects anew under another name. */
  connect(): void {
    this.#socket.connect();
  }

  status(status: CameraStatus, message: string): void {
    this.#json({ status, message });
  }

  capabilities(capabilities: Record<string, unknown>): void {
    this.#json({ type: 'capabilities', ...capabilities });
  }

  /** Sends a packet, or holds it. */
  packet(message: Uint8Array<ArrayBuffer>, key: boolean): void {
    if (this.#needsKey && !key) return;
    this.#needsKey = false;
    if (this.#socket.isOpen) {
      this.#socket.send(message);
      return;
    }
    this.#held.push(message);
    this.#heldBytes += message.length;
    if (this.#heldBytes > MAX_HELD_BYTES) this.#beginAnew();
  }

  /** Forgets what is held. */
  forget(): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.#needsKey = false;
  }

  #beginAnew(): void {
    this.forget();
    this.#needsKey = true;
    this.#events.keyNeeded();
  }

  #opened(): void {
    // Says `capture_started` again where a capture runs; what was held belongs behind it.
    this.#events.connected();
    for (const message of this.#held) this.#socket.send(message);
    this.#held = [];
    this.#heldBytes = 0;
  }

  #closed(): void {
    // What was on its way may be lost, and what refers to it is worth nothing.
    this.#beginAnew();
    this.#events.disconnected();
  }

  #message(data: string | ArrayBuffer): void {
    const command = typeof data === 'string' ? parseCommand(data) : undefined;
    if (command !== undefined) this.#events.command(command);
  }

  #json(message: unknown): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** By what the network takes, not by what waits: on a slow one that may stay as much for as long as it films. */
  #look(): void {
    const { bufferedAmount, takenBytes } = this.#socket;
    const atMs = performance.now();
    if (bufferedAmount === 0 || takenBytes !== this.#moved.takenBytes) {
      this.#moved = { atMs, takenBytes };
    } else if (atMs - this.#moved.atMs > STUCK_MS) {
      this.#socket.giveUp();
    }
  }
}
