// The load, in a process of its own: cameras that send when they are told to, and ask how long things take.
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { loadInput } from '../../dist/lib/simulate/load-input.js';
import { Camera, Packets } from './camera.mjs';
import { serveCalls } from './child.mjs';
import { percentile } from './statistics.mjs';

/** How often a finished file is looked for, and how often the other camera pings meanwhile, milliseconds. */
const LOOK_EVERY_MS = 1;
const PING_EVERY_MS = 2;

/** Longest time in which what has been sent is in its files. */
const FLUSHED_WITHIN_MS = 5_000;

const SLICE_TYPES = new Set([1, 5]);

let cameras = [];
let packets;

/** The slice of a picture behind its start code, cut to `bytes` with the start code: a small picture. */
function cutTo(picture, bytes) {
  for (let at = 0; ; at += 3) {
    at = picture.indexOf(Buffer.of(0, 0, 1), at);
    if (at < 0) throw new Error('a picture without a slice');
    if (!SLICE_TYPES.has(picture[at + 3] & 0x1f)) continue;
    const cut = Buffer.concat([Buffer.of(0), picture.subarray(at, at + bytes - 1)]);
    // A NAL unit never ends with a zero (7.4.1).
    if (cut.at(-1) === 0) cut[cut.length - 1] = 0x80;
    return cut;
  }
}

async function loadPackets({ stream, fps = 30, pictureBytes }) {
  const sample = await loadInput(stream);
  const pictures = sample.pictures
    .slice(sample.loopTo)
    .map(({ bytes }) => Buffer.from(bytes))
    .map((bytes) => (pictureBytes === undefined ? bytes : cutTo(bytes, pictureBytes)));
  packets = new Packets({ config: Buffer.concat(sample.config), pictures, fps });
}

/** Sends payloads on a bare TCP connection, as a camera does on a WebSocket. */
class RawSender {
  sent = 0;
  #socket;

  static async connect(port) {
    const sender = new RawSender();
    sender.#socket = connect(port, '127.0.0.1');
    await once(sender.#socket, 'connect');
    return sender;
  }

  get isOpen() {
    return !this.#socket.destroyed;
  }

  sendPacket() {
    this.#socket.write(packets.payload(this.sent).plain);
    this.sent += 1;
  }

  async end() {
    const closed = once(this.#socket, 'close');
    this.#socket.end();
    await closed;
  }
}

/** Each camera sends at `fps`, all of them evenly spread, until each has sent `count` packets. */
async function sendPaced(group, count, fps) {
  const intervalMs = 1000 / fps;
  const begin = performance.now();
  const due = group.map((camera, index) => ({
    camera,
    at: begin + (index / group.length) * intervalMs,
  }));
  let latestMs = 0;
  while (due.length > 0) {
    const now = performance.now();
    latestMs = Math.max(latestMs, now - due[0].at);
    while (due.length > 0 && due[0].at <= now) {
      const next = due.shift();
      next.camera.sendPacket();
      next.at += intervalMs;
      // All have the same interval, so that the one that was due first is due last now.
      if (next.camera.sent < count && next.camera.isOpen) due.push(next);
    }
    await setTimeout(1);
  }
  return { latestMs, elapsedMs: performance.now() - begin };
}

/** The file, once the daemon's first flush has made it: of a tiny recording all may have been sent before that. */
async function openWhenThere(path) {
  for (const deadline = performance.now() + FLUSHED_WITHIN_MS; ; await setTimeout(LOOK_EVERY_MS)) {
    try {
      return openSync(path, 'r');
    } catch (error) {
      if (error.code !== 'ENOENT' || performance.now() > deadline) throw error;
    }
  }
}

/** Whether a growing MP4 has become an ordinary one: the box behind ftyp is no `free` any more. */
function isOrdinary(file) {
  const header = Buffer.alloc(8);
  readSync(file, header, 0, 8, 0);
  readSync(file, header, 0, 8, header.readUInt32BE(0));
  return header.toString('latin1', 4) === 'mdat';
}

const isComplete = (manifest) => JSON.parse(readFileSync(manifest, 'utf8')).state === 'complete';

/** Pings until `ended`, and gives all round-trip times. */
async function pingUntil(camera, ended) {
  const times = [];
  while (!ended()) {
    times.push(await camera.ping());
    await setTimeout(PING_EVERY_MS);
  }
  return times;
}

serveCalls({
  /** Connects cameras and reads what they will send. */
  async connect({ url, count, name = 'bench', ...stream }) {
    await loadPackets(stream);
    cameras = [];
    for (let i = 1; i <= count; i += 1) {
      cameras.push(await Camera.connect(url, `${name}-${i}`, packets));
    }
  },
  /** Of what `connect` has read. */
  about() {
    return { meanBytes: packets.meanBytes };
  },
  /** `only`: the first so many cameras. */
  startCapture({ only = cameras.length }) {
    for (const camera of cameras.slice(0, only)) camera.startCapture();
  },
  /**
   * Sends until so many packets of this capture have gone out from each camera, flat out without `fps`, and waits
   * until all have been read.
   */
  async send({ only = cameras.length, count, fps }) {
    const group = cameras.slice(0, only);
    let pace;
    if (fps !== undefined) pace = await sendPaced(group, count, fps);
    else await Promise.all(group.map((camera) => camera.sendFlatOut(count)));
    const open = group.filter((camera) => camera.isOpen);
    await Promise.all(open.map((camera) => camera.ping()));
    const bytes = group.reduce((total, camera) => total + camera.bytes, 0);
    return { ...pace, bytes, closed: group.length - open.length };
  },
  stopCapture() {
    for (const camera of cameras) camera.stopCapture();
  },
  /**
   * Stops the first camera and watches its files from outside, while the second camera pings: milliseconds until
   * the MP4 is an ordinary one, until the manifest says that all is durable, and the pings' round trips.
   */
  async stopAndWatch({ movie, manifest }) {
    const [stopped, other] = cameras;
    const file = await openWhenThere(movie);
    const restMs = [];
    for (let i = 0; i < 20; i += 1) restMs.push(await other.ping());
    let durable = false;
    const begin = performance.now();
    stopped.stopCapture();
    const pings = pingUntil(other, () => durable);
    while (!isOrdinary(file)) await setTimeout(LOOK_EVERY_MS);
    const playableMs = performance.now() - begin;
    closeSync(file);
    while (!isComplete(manifest)) await setTimeout(LOOK_EVERY_MS);
    durable = true;
    const durableMs = performance.now() - begin;
    const pingMs = await pings;
    return { playableMs, durableMs, pingMs: Math.max(...pingMs), restMs: percentile(restMs, 0.99) };
  },
  async close() {
    await Promise.all(cameras.map((camera) => camera.close()));
  },
  /** The same payloads without WebSocket, to one TCP port for each camera. */
  async sendRaw({ ports, count, fps, ...stream }) {
    await loadPackets(stream);
    const senders = await Promise.all(ports.map((port) => RawSender.connect(port)));
    await sendPaced(senders, count, fps);
    await Promise.all(senders.map((sender) => sender.end()));
  },
});
