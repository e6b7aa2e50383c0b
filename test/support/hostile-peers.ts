/**
 * Peers that mean no good, or behave as if they did not. Each attack says which counter has to show it.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerLimit } from '../../src/lib/ingest/limits.js';
import { encodeFramePacket } from '../../src/lib/wire/frame-packet.js';

/** How much of everything. */
export interface Scale {
  readonly silent: number;
  readonly connections: number;
  readonly fragments: number;
  readonly packets: number;
  /** Peers with 20 MiB of a message each that they never finish. */
  readonly hoarders: number;
  /** Wait for the time that a message may take. */
  readonly patient: boolean;
}

export interface Attack {
  readonly name: string;
  /** The limit that has to be counted, or the reason of a counted message. */
  readonly counter: PeerLimit | `${'rejected' | 'ignored' | 'unclaimed'} ${string}` | 'none';
  run(peers: Peers): Promise<void>;
}

const MASK = Buffer.of(0, 0, 0, 0);

/** One frame of a client (RFC 6455, 5.2), masked with zeros. `length` may be a lie. */
export function frame(opcode: number, payload: Uint8Array, fin = true, length = payload.length) {
  const first = (fin ? 0x80 : 0) | opcode;
  let header: Buffer;
  if (length < 126) header = Buffer.of(first, 0x80 | length);
  else if (length < 65_536) {
    header = Buffer.of(first, 0x80 | 126, length >> 8, length & 255);
  } else {
    header = Buffer.alloc(10);
    header[0] = first;
    header[1] = 0x80 | 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([header, MASK, payload]);
}

const text = (value: string) => frame(1, Buffer.from(value));
const READY = text('{"status":"ready"}');

const packet = (sequence: number, timestamp: bigint, payload: Uint8Array) => {
  const message = encodeFramePacket({ timestampMs: 0, sequence, payload });
  message.writeBigUInt64BE(timestamp, 0);
  return message;
};

export class Peers {
  readonly scale: Scale;
  readonly #port: number;
  readonly #sockets = new Set<Socket>();

  constructor(port: number, scale: Scale) {
    this.#port = port;
    this.scale = scale;
  }

  /** A connection, or nothing where it is refused. */
  async tcp(): Promise<Socket | undefined> {
    const socket = connect(this.#port, '127.0.0.1');
    this.#sockets.add(socket);
    // Each wait for room adds listeners that its end removes only later.
    socket.setMaxListeners(0);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {});
    return socket.destroyed ? undefined : socket;
  }

  /** A connection after the handshake. What comes is read and thrown away. */
  async webSocket(path = '/'): Promise<Socket> {
    const socket = await this.tcp();
    if (socket === undefined) throw new Error('no connection');
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => {});
    socket.on('data', (data) => {
      // Answers pings, so that it is no matter of silence.
      if (data[0] === 0x89) socket.write(frame(0xa, data.subarray(2)));
    });
    return socket;
  }

  /** Resolves when the server has cut the connection, or nothing more is to be awaited. */
  async cut(socket: Socket, withinMs: number): Promise<void> {
    if (socket.destroyed) return;
    const closed = once(socket, 'close').catch(() => {});
    await Promise.race([closed, sleep(withinMs, undefined, { ref: false })]);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Writes in pieces as the other side takes them; ends where it is cut. */
async function pour(socket: Socket, chunks: Iterable<Uint8Array>): Promise<void> {
  for (const chunk of chunks) {
    if (socket.destroyed) return;
    if (!socket.write(chunk)) {
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {});
    }
  }
}

function* repeated(count: number, per: number, make: (n: number) => Uint8Array) {
  for (let n = 0; n < count; n += per) {
    yield Buffer.concat(Array.from({ length: Math.min(per, count - n) }, (_, i) => make(n + i)));
  }
}

export const ATTACKS: readonly Attack[] = [
  {
    name: 'connections that say nothing',
    counter: 'handshake-timeout',
    async run(peers) {
      const silent = await Promise.all(
        Array.from({ length: peers.scale.silent }, () => peers.tcp()),
      );
      await Promise.all(silent.map((socket) => socket && peers.cut(socket, 25_000)));
    },
  },
  {
    name: 'headers one byte at a time',
    counter: 'handshake-timeout',
    async run(peers) {
      const socket = await peers.tcp();
      for (const byte of 'GET / HTTP/1.1\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy') {
        if (socket === undefined || socket.destroyed) return;
        socket.write(byte);
        await sleep(500);
      }
    },
  },
  {
    name: 'handshakes with nothing behind them',
    counter: 'unidentified',
    async run(peers) {
      const idle = await Promise.all(Array.from({ length: 5 }, () => peers.webSocket()));
      await Promise.all(idle.map((socket) => peers.cut(socket, 25_000)));
    },
  },
  {
    name: 'a message that is never finished',
    counter: 'message-timeout',
    async run(peers) {
      if (!peers.scale.patient) return;
      const socket = await peers.webSocket();
      socket.write(Buffer.concat([READY, frame(2, Buffer.alloc(100_000), false)]));
      await peers.cut(socket, 90_000);
    },
  },
  {
    name: 'fragments of one byte',
    counter: 'too-many-fragments',
    async run(peers) {
      const socket = await peers.webSocket();
      socket.write(Buffer.concat([READY, frame(2, Buffer.of(1), false)]));
      const piece = frame(0, Buffer.of(1), false);
      await pour(
        socket,
        repeated(peers.scale.fragments, 1000, () => piece),
      );
      await peers.cut(socket, 5_000);
    },
  },
  {
    name: 'a message of 33 MiB',
    counter: 'message-too-large',
    async run(peers) {
      const socket = await peers.webSocket();
      socket.write(Buffer.concat([READY, frame(2, Buffer.alloc(1000), true, 33 * 1024 * 1024)]));
      await peers.cut(socket, 5_000);
    },
  },
  {
    name: 'a message of 2^63 bytes',
    counter: 'message-too-large',
    async run(peers) {
      const socket = await peers.webSocket();
      const header = Buffer.concat([Buffer.of(0x82, 0xff), Buffer.alloc(8, 0x7f)]);
      socket.write(Buffer.concat([READY, header]));
      await peers.cut(socket, 5_000);
    },
  },
  {
    name: 'a text of 300 kB',
    counter: 'text-too-large',
    async run(peers) {
      const socket = await peers.webSocket();
      socket.write(text(`{"status":"${'x'.repeat(300_000)}"}`));
      await peers.cut(socket, 5_000);
    },
  },
  {
    name: 'texts that nest a hundred thousand deep',
    counter: 'ignored not-an-object',
    async run(peers) {
      const socket = await peers.webSocket();
      const bomb = text('['.repeat(100_000) + ']'.repeat(100_000));
      await pour(
        socket,
        repeated(20, 1, () => bomb),
      );
      socket.end(READY);
      await peers.cut(socket, 5_000);
    },
  },
  {
    name: 'texts without end',
    counter: 'text-rate',
    async run(peers) {
      const socket = await peers.webSocket();
      const piece = text('{"a":1}');
      await pour(
        socket,
        repeated(5_000, 100, () => piece),
      );
      await peers.cut(socket, 5_000);
    },
  },
  {
    name: 'packets without end',
    counter: 'packet-rate',
    async run(peers) {
      const socket = await peers.webSocket();
      const piece = frame(2, packet(1, 0n, Buffer.of(0, 0, 1, 0x41, 0xe0)));
      await pour(
        socket,
        repeated(peers.scale.packets, 500, () => piece),
      );
      await peers.cut(socket, 5_000);
    },
  },
  {
    name: 'frames without a capture',
    counter: 'unclaimed overflow',
    async run(peers) {
      const socket = await peers.webSocket();
      const picture = Buffer.concat([Buffer.of(0, 0, 0, 1, 0x65, 0x88), randomBytes(50_000)]);
      await pour(
        socket,
        repeated(200, 1, (n) => frame(2, packet(n, BigInt(n * 100), picture))),
      );
      socket.end();
      await peers.cut(socket, 5_000);
    },
  },
  {
    name: 'wrong lengths',
    counter: 'rejected length-mismatch',
    async run(peers) {
      const socket = await peers.webSocket();
      const wrong = packet(0, 0n, Buffer.alloc(100));
      wrong.writeUInt32BE(0xffff_ffff, 12);
      const short = frame(2, Buffer.alloc(7));
      await pour(
        socket,
        repeated(1000, 10, (n) => (n % 2 ? frame(2, wrong) : short)),
      );
      socket.end();
      await peers.cut(socket, 5_000);
    },
  },
  {
    name: 'timestamps at 2^63',
    counter: 'none',
    async run(peers) {
      const socket = await peers.webSocket();
      const picture = Buffer.of(0, 0, 0, 1, 0x65, 0x88, 0x84, 0x21, 0xa0);
      socket.write(text('{"status":"capture_started"}'));
      const times = [1n << 63n, 0n, (1n << 64n) - 1n, 1n, 1n << 62n];
      await pour(
        socket,
        repeated(1000, 10, (n) => frame(2, packet(n, times[n % 5] ?? 0n, picture))),
      );
      socket.end(text('{"status":"capture_stopped"}'));
      await peers.cut(socket, 5_000);
    },
  },
  {
    name: 'messages of 20 MiB that many begin and none finishes',
    counter: 'memory',
    async run(peers) {
      if (peers.scale.hoarders === 0) return;
      const hoarders = await Promise.all(
        Array.from({ length: peers.scale.hoarders }, () => peers.webSocket()),
      );
      await Promise.all(
        hoarders.map(async (socket) => {
          socket.write(Buffer.concat([READY, frame(2, Buffer.of(), true, 30 * 1024 * 1024)]));
          const piece = Buffer.alloc(1024 * 1024);
          await pour(
            socket,
            repeated(20, 1, () => piece),
          );
        }),
      );
      for (const socket of hoarders) socket.destroy();
    },
  },
  {
    name: 'connections without number',
    counter: 'too-many-connections',
    async run(peers) {
      const { connections } = peers.scale;
      for (let n = 0; n < connections; n += 100) {
        await Promise.all(
          Array.from({ length: Math.min(100, connections - n) }, async () => {
            const socket = await peers.tcp();
            socket?.write('GET /');
          }),
        );
      }
    },
  },
];
