/**
 * How many connections are open at once. When all places are taken, the oldest one that is no camera makes room, if it
 * had its time to say so; where there is none, the newcomer is turned away. Cameras are never touched.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.js';
import { type OnPeerLimit, PATIENCE_MS } from './limits.js';

interface Place {
  readonly socket: Socket;
  readonly sinceMs: number;
  isCamera: boolean;
}

export interface ConnectionGateOptions {
  readonly maxConnections: number;
  readonly clock: Clock;
  readonly onLimit: OnPeerLimit;
}

export class ConnectionGate {
  readonly #options: ConnectionGateOptions;
  /** By remote address and port, which a TLS socket shares with the one underneath; the oldest first. */
  readonly #places = new Map<string, Place>();

  constructor(options: ConnectionGateOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#places.size;
  }

  /** Connections whose peer has shown that it is a camera. */
  get cameras(): number {
    return [...this.#places.values()].filter(({ isCamera }) => isCamera).length;
  }

  /** A connection has come. */
  admit(socket: Socket): void {
    // Without a listener an error of a peer that is not yet known would end the process.
    socket.on('error', () => {});
    const key = keyOf(socket);
    if (this.#places.size >= this.#options.maxConnections && !this.#makeRoom()) {
      this.#turnAway(socket);
      return;
    }
    const place = { socket, sinceMs: this.#options.clock.monotonic(), isCamera: false };
    this.#places.set(key, place);
    socket.once('close', () => {
      if (this.#places.get(key) === place) this.#places.delete(key);
    });
  }

  /** The peer at the other end of this socket is a camera: it keeps its place. */
  keep(socket: Socket): void {
    const place = this.#places.get(keyOf(socket));
    if (place !== undefined) place.isCamera = true;
  }

  /** Closes every connection that is not a camera's. */
  close(): void {
    for (const { socket, isCamera } of this.#places.values()) if (!isCamera) socket.destroy();
  }

  #makeRoom(): boolean {
    const beforeMs = this.#options.clock.monotonic() - PATIENCE_MS;
    for (const [key, place] of this.#places) {
      if (place.sinceMs > beforeMs) return false;
      if (place.isCamera) continue;
      this.#places.delete(key);
      this.#turnAway(place.socket);
      return true;
    }
    return false;
  }

  #turnAway(socket: Socket): void {
    const { maxConnections, onLimit } = this.#options;
    const address = socket.remoteAddress ?? 'unknown';
    socket.destroy();
    onLimit('too-many-connections', address, `${maxConnections} connections are open`);
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
