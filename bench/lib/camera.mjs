// One camera of the load: a WebSocket whose frames were masked beforehand (RFC 6455, 5.3), so that sending costs
// next to nothing and what is measured is the receiver.
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** Any key but zero, which receivers may skip. */
const MASK = Buffer.of(0x37, 0xfa, 0x21, 0x3d);
const PACKET_HEADER_BYTES = 16;
const OPCODE_BINARY = 0x82;

/** Unsent bytes at which a flat-out sender waits. */
const SEND_AHEAD_BYTES = 512 * 1024;

function masked(bytes) {
  const result = Buffer.from(bytes);
  for (let i = 0; i < result.length; i += 1) result[i] ^= MASK[i & 3];
  return result;
}

/**
 * The packets of an endless stream: `next(n)` gives the n-th as the chunks of a WebSocket frame. Number 0 is the
 * configuration with timestamp 0, as phones send it; pictures follow at the rate that their times claim.
 */
export class Packets {
  #config;
  #pictures;
  #intervalMs;

  /** `config`, `pictures`: payloads. `fps`: of the device's clock. */
  constructor({ config, pictures, fps }) {
    this.#config = { plain: config, masked: masked(config) };
    this.#pictures = pictures.map((plain) => ({ plain, masked: masked(plain) }));
    this.#intervalMs = 1000 / fps;
  }

  /** Bytes of payload of one picture. */
  get meanBytes() {
    const total = this.#pictures.reduce((bytes, { plain }) => bytes + plain.length, 0);
    return total / this.#pictures.length;
  }

  payload(n) {
    return n === 0 ? this.#config : this.#pictures[(n - 1) % this.#pictures.length];
  }

  /** Header of WebSocket frame and packet in one chunk, masked where it has to be. */
  header(n) {
    const { length } = this.payload(n).plain;
    const size = PACKET_HEADER_BYTES + length;
    const wide = size > 0xffff;
    const maskAt = wide ? 10 : 4;
    const header = Buffer.allocUnsafe(maskAt + MASK.length + PACKET_HEADER_BYTES);
    header[0] = OPCODE_BINARY;
    header[1] = 0x80 | (wide ? 127 : 126);
    if (wide) header.writeBigUInt64BE(BigInt(size), 2);
    else header.writeUInt16BE(size, 2);
    MASK.copy(header, maskAt);
    const at = maskAt + MASK.length;
    const timestampMs = n === 0 ? 0 : 1_000_000 + Math.round((n - 1) * this.#intervalMs);
    header.writeBigUInt64BE(BigInt(timestampMs), at);
    header.writeUInt32BE(n, at + 8);
    header.writeUInt32BE(length, at + 12);
    for (let i = 0; i < PACKET_HEADER_BYTES; i += 1) header[at + i] ^= MASK[i & 3];
    return header;
  }
}

export class Camera {
  #socket;
  #packets;
  /** Packets sent in this capture. */
  sent = 0;
  bytes = 0;

  static async connect(url, name, packets) {
    const camera = new Camera();
    camera.#packets = packets;
    const address = new URL(url);
    address.searchParams.set('name', name);
    camera.#socket = new WebSocket(address, { perMessageDeflate: false });
    await once(camera.#socket, 'open');
    camera.text({ status: 'ready', message: '' });
    camera.text({ type: 'capabilities', deviceModel: 'Bench', sdkInt: 35, resolutions: [] });
    return camera;
  }

  text(message) {
    this.#socket.send(JSON.stringify(message));
  }

  startCapture() {
    this.sent = 0;
    this.bytes = 0;
    this.text({ status: 'capture_started', message: 'bench' });
  }

  stopCapture() {
    this.text({ status: 'capture_stopped', message: 'bench' });
  }

  /** Sends the next packet. False: the socket would rather wait. */
  sendPacket() {
    // The connection itself: `ws` would mask every frame again.
    const connection = this.#socket._socket;
    const payload = this.#packets.payload(this.sent);
    const header = this.#packets.header(this.sent);
    this.sent += 1;
    this.bytes += payload.plain.length;
    connection.cork();
    connection.write(header);
    connection.write(payload.masked);
    connection.uncork();
    return connection.writableLength < SEND_AHEAD_BYTES;
  }

  /** Sends as fast as they are taken until `count` packets have been sent. */
  async sendFlatOut(count) {
    while (this.sent < count) {
      if (!this.sendPacket()) await once(this.#socket._socket, 'drain');
    }
  }

  /** Milliseconds until a ping is answered: everything sent before it has been read then. */
  async ping() {
    const answered = new AbortController();
    const { signal } = answered;
    const closed = once(this.#socket, 'close', { signal }).then(([code, reason]) => {
      throw new Error(`the connection was closed: ${code} ${reason}`);
    });
    const begin = performance.now();
    this.#socket.ping();
    await Promise.race([once(this.#socket, 'pong', { signal }), closed]);
    const took = performance.now() - begin;
    answered.abort();
    return took;
  }

  get isOpen() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  async close() {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}
