/**
 * A WebSocket that comes back by itself. What is sent while it is down is the owner's business.
 */

import { whyNoSocket } from './server.js';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

/** Silence after which a connection that should have spoken counts as dead. */
const CONNECT_TIMEOUT_MS = 5_000;

export interface SocketEvents {
  opened(): void;
  message(data: string | ArrayBuffer): void;
  /** It was open, and is not any more. */
  closed(): void;
  /** Another try has failed: why, as a sentence. It goes on trying. */
  failed(reason: string): void;
}

export class ReconnectingSocket {
  readonly #url: () => URL;
  readonly #protocols: string[];
  readonly #events: SocketEvents;
  #socket: WebSocket | undefined;
  #retryMs = FIRST_RETRY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Bytes that were given to the connection that there is now. */
  #givenBytes = 0;

  /** `url` is asked at each try: what it is made of may have changed. */
  constructor(url: () => URL, protocols: string[], events: SocketEvents) {
    this.#url = url;
    this.#protocols = protocols;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Bytes that wait for the network. */
  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Bytes that the network has taken since it connected: as long as they grow, the connection lives. */
  get takenBytes(): number {
    return this.#givenBytes - this.bufferedAmount;
  }

  /** Connects, or connects anew. */
  connect(): void {
    this.close();
    this.#givenBytes = 0;
    const socket = new WebSocket(this.#url(), this.#protocols);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    const impatient = setTimeout(() => socket.close(), CONNECT_TIMEOUT_MS);
    let wasOpen = false;
    socket.addEventListener('open', () => {
      clearTimeout(impatient);
      wasOpen = true;
      this.#retryMs = FIRST_RETRY_MS;
      this.#events.opened();
    });
    socket.addEventListener('message', ({ data }) => this.#events.message(data));
    socket.addEventListener('close', () => {
      clearTimeout(impatient);
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      if (wasOpen) this.#events.closed();
      else void this.#explain();
      this.#retry();
    });
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (!this.isOpen) return;
    const before = this.bufferedAmount;
    this.#socket?.send(data);
    this.#givenBytes += this.bufferedAmount - before;
  }

  /** It is open by name alone: gives it up, and connects anew. */
  giveUp(): void {
    this.close();
    this.#events.closed();
    this.connect();
  }

  /** Ends the connection, and does not come back. */
  close(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  async #explain(): Promise<void> {
    const reason = await whyNoSocket();
    if (!this.isOpen) this.#events.failed(reason);
  }

  #retry(): void {
    this.#timer = setTimeout(() => this.connect(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }
}

/** An address of this server for WebSockets. */
export function socketUrl(path: string): URL {
  const url = new URL(path, location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}
