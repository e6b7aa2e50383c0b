/**
 * A phone that says exactly what a test tells it to, over a real WebSocket.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { encodeFramePacket } from '../../src/lib/wire/frame-packet.js';

export class TestPhone {
  readonly #socket: WebSocket;
  readonly #received: string[] = [];
  #sequence = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#received.push(String(data)));
    socket.on('error', () => {});
  }

  static async connect(url: string): Promise<TestPhone> {
    const phone = new TestPhone(new WebSocket(url, { perMessageDeflate: false }));
    await once(phone.#socket, 'open');
    phone.status('ready');
    return phone;
  }

  /** Text messages from the server so far. */
  get received(): readonly string[] {
    return this.#received;
  }

  /** Waits until the server has sent so many messages. */
  async receive(count: number): Promise<readonly string[]> {
    while (this.#received.length < count) await once(this.#socket, 'message');
    return this.#received;
  }

  text(message: string): void {
    this.#socket.send(message);
  }

  json(message: unknown): void {
    this.text(JSON.stringify(message));
  }

  status(status: string, message = ''): void {
    this.json({ status, message });
    if (status === 'capture_started') this.#sequence = 0;
  }

  capabilities(deviceModel: string): void {
    this.json({ type: 'capabilities', deviceModel, sdkInt: 35, resolutions: [] });
  }

  /** Sends one packet; numbers them from 0 unless told otherwise. */
  packet(payload: Uint8Array, timestampMs: number, sequence = this.#sequence): void {
    this.#sequence = sequence + 1;
    this.binary(encodeFramePacket({ timestampMs, sequence, payload }));
  }

  binary(message: Uint8Array): void {
    this.#socket.send(message);
  }

  /** Resolves when everything sent so far has been answered by a pong: the server has read it. */
  async settled(): Promise<void> {
    this.#socket.ping();
    await once(this.#socket, 'pong');
  }

  /** Resolves at the next ping of the server. */
  async pinged(): Promise<void> {
    await once(this.#socket, 'ping');
  }

  /** Reads and answers nothing any more, without ending the connection: as when Wi-Fi is lost. */
  freeze(): void {
    this.#socket.pause();
  }

  /** Cuts the connection without a closing handshake. */
  async vanish(): Promise<void> {
    this.#socket.terminate();
    if (this.#socket.readyState !== WebSocket.CLOSED) await once(this.#socket, 'close');
  }

  async close(): Promise<void> {
    this.#socket.close();
    if (this.#socket.readyState !== WebSocket.CLOSED) await once(this.#socket, 'close');
  }

  async closed(): Promise<number> {
    if (this.#socket.readyState === WebSocket.CLOSED) return 0;
    const [code] = (await once(this.#socket, 'close')) as [number];
    return code;
  }
}
