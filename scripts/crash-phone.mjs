// A phone for the crash test: sends the shipped sample at uneven intervals and remembers what it sent, and when.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { loadShippedSamples } from '../dist/lib/simulate/shipped-samples.js';
import { encodeFramePacket } from '../dist/lib/wire/frame-packet.js';

const [sample] = await loadShippedSamples();

export class CrashPhone {
  /** Payloads in sending order, with the wall clock at which each was handed to the socket. */
  sent = [];
  #socket;
  #timer;
  #random;

  constructor(url, name, random) {
    this.name = name;
    this.#random = random;
    this.#socket = new WebSocket(`${url}?name=${name}`, { perMessageDeflate: false });
    this.#socket.on('error', () => {});
  }

  /** Connects and begins a capture. */
  async start() {
    await once(this.#socket, 'open');
    this.#socket.send(JSON.stringify({ status: 'ready', message: '' }));
    this.#socket.send(JSON.stringify({ status: 'capture_started', message: '' }));
    this.#send(Buffer.concat(sample.config), 0);
    this.#sendPicture(0);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#socket.terminate();
  }

  #sendPicture(index) {
    const picture = sample.pictures[index % sample.pictures.length];
    this.#send(picture.bytes, 1_000_000 + Math.round(performance.now()));
    this.#timer = setTimeout(() => this.#sendPicture(index + 1), 10 + this.#random() * 45);
  }

  #send(payload, timestampMs) {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const sequence = this.sent.length;
    this.#socket.send(encodeFramePacket({ timestampMs, sequence, payload }));
    this.sent.push({ atMs: Date.now(), payload });
  }
}
