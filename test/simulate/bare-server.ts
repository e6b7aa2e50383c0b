/**
 * A WebSocket server that knows nothing of cameras: it keeps what each connection sends, in order.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { decodeFramePacket, type FramePacket } from '../../src/lib/wire/frame-packet.js';

export type Received =
  | { readonly kind: 'text'; readonly json: unknown; readonly text: string }
  | { readonly kind: 'packet'; readonly packet: FramePacket }
  | { readonly kind: 'rejected'; readonly bytes: Buffer };

export class Connection {
  readonly path: string;
  readonly messages: Received[] = [];
  closeCode: number | undefined;
  readonly #socket: WebSocket;
  #waiting: { readonly when: (connection: Connection) => boolean; readonly done: () => void }[] =
    [];

  constructor(socket: WebSocket, path: string) {
    this.#socket = socket;
    this.path = path;
    socket.on('message', (data, isBinary) => {
      this.messages.push(received(Buffer.from(data as Buffer), isBinary));
      this.#check();
    });
    socket.on('close', (code) => {
      this.closeCode = code;
      this.#check();
    });
  }

  /** Resolves as soon as the condition holds; checked after each message and at the end. */
  async until(when: (connection: Connection) => boolean): Promise<void> {
    if (when(this)) return;
    await new Promise<void>((done) => this.#waiting.push({ when, done }));
  }

  async untilStatus(status: string, times = 1): Promise<void> {
    await this.until(({ statuses }) => statuses.filter((one) => one === status).length >= times);
  }

  async untilClosed(): Promise<void> {
    await this.until(({ closeCode }) => closeCode !== undefined);
  }

  send(command: unknown): void {
    this.#socket.send(typeof command === 'string' ? command : JSON.stringify(command));
  }

  start(payload: object = { format: 'h264', bitrate: 4, fps: 10 }): void {
    this.send({ command: 'start_capture', payload });
  }

  stop(): void {
    this.send({ command: 'stop_capture' });
  }

  /** Resolves when the phone has dealt with everything sent before: it answers pings by itself, in order. */
  async settled(): Promise<void> {
    this.#socket.ping();
    await once(this.#socket, 'pong');
  }

  close(code = 1000): void {
    this.#socket.close(code);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Values of `status`, in order. */
  get statuses(): string[] {
    return this.messages.flatMap((message) => {
      if (message.kind !== 'text' || typeof message.json !== 'object') return [];
      const status = message.json && 'status' in message.json ? message.json.status : undefined;
      return typeof status === 'string' ? [status] : [];
    });
  }

  get packets(): FramePacket[] {
    return this.messages.flatMap((message) => (message.kind === 'packet' ? [message.packet] : []));
  }

  get payload(): Buffer {
    return Buffer.concat(this.packets.map(({ payload }) => payload));
  }

  get sha256(): string {
    return createHash('sha256').update(this.payload).digest('hex');
  }

  #check(): void {
    const ready = this.#waiting.filter(({ when }) => when(this));
    this.#waiting = this.#waiting.filter((one) => !ready.includes(one));
    for (const { done } of ready) done();
  }
}

function received(bytes: Buffer, isBinary: boolean): Received {
  if (isBinary) {
    const frame = decodeFramePacket(bytes);
    return frame.ok ? { kind: 'packet', packet: frame.packet } : { kind: 'rejected', bytes };
  }
  const text = bytes.toString();
  try {
    return { kind: 'text', json: JSON.parse(text), text };
  } catch {
    return { kind: 'text', json: undefined, text };
  }
}

export class BareServer {
  readonly connections: Connection[] = [];
  readonly #server: WebSocketServer;
  #arrived: (() => void)[] = [];

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, request) => {
      this.connections.push(new Connection(socket, request.url ?? ''));
      for (const arrived of this.#arrived.splice(0)) arrived();
    });
  }

  static async listen(): Promise<BareServer> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    await once(server, 'listening');
    return new BareServer(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/android-cam`;
  }

  /** The connection with this number, from 0, as soon as it is there. */
  async connection(index = 0): Promise<Connection> {
    for (;;) {
      const connection = this.connections[index];
      if (connection !== undefined) return connection;
      await new Promise<void>((arrived) => this.#arrived.push(arrived));
    }
  }

  /** Ends at once, connections included. */
  async close(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((closed) => this.#server.close(closed));
  }
}
