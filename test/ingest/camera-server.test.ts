/**
 * The cameras' port over real sockets: who gets in, what is refused and how, and that each refusal has its name.
 */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/lib/base/clock.js';
import { silentLogger } from '../../src/lib/base/logger.js';
import type { CameraHandler } from '../../src/lib/ingest/camera-connection.js';
import {
  type CameraPeer,
  CameraServer,
  type CameraServerOptions,
} from '../../src/lib/ingest/camera-server.js';
import {
  IDENTIFY_TIMEOUT_MS,
  MAX_HEADER_BYTES,
  MAX_TEXT_BYTES,
  MAX_TEXT_BYTES_BURST,
} from '../../src/lib/ingest/limits.js';
import { keptCertificate } from '../../src/lib/web/self-signed.js';
import { encodeFramePacket } from '../../src/lib/wire/frame-packet.js';
import { ManualClock } from '../support/manual-clock.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

class Heard implements CameraHandler {
  readonly events: string[] = [];
  #waiting = new Set<() => void>();
  status: CameraHandler['status'] = (status, message) => this.#add(`status ${status} ${message}`);
  capabilities: CameraHandler['capabilities'] = ({ deviceModel }) => this.#add(`is ${deviceModel}`);
  packet: CameraHandler['packet'] = ({ sequence, payload }) =>
    this.#add(`packet ${sequence} ${Buffer.from(payload).toString()}`);
  rejected: CameraHandler['rejected'] = (reason) => this.#add(`rejected ${reason}`);
  ignored: CameraHandler['ignored'] = (reason) => this.#add(`ignored ${reason}`);
  closed: CameraHandler['closed'] = (reason, detail) => this.#add(`closed ${reason}: ${detail}`);

  async until(event: string): Promise<void> {
    while (!this.events.some((found) => found.startsWith(event))) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #add(event: string): void {
    this.events.push(event);
    for (const look of this.#waiting) look();
    this.#waiting.clear();
  }
}

let server: CameraServer;
let heard: Heard[];
let peers: CameraPeer[];
let limits: string[];
let details: string[];
const sockets: (WebSocket | Socket)[] = [];

async function listen(options: Partial<CameraServerOptions> = {}) {
  heard = [];
  peers = [];
  limits = [];
  details = [];
  server = new CameraServer({
    host: '127.0.0.1',
    port: 0,
    maxCameras: 10,
    silenceMs: 15_000,
    clock: systemClock,
    logger: silentLogger,
    onLimit: (limit, _address, detail) => {
      limits.push(limit);
      details.push(detail);
    },
    onCamera: (peer) => {
      peers.push(peer);
      const handler = new Heard();
      heard.push(handler);
      return handler;
    },
    ...options,
  });
  await server.listen();
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) {
    if (socket instanceof WebSocket) socket.terminate();
    else socket.destroy();
  }
  await server.close();
});

async function camera(path = '/android-cam', headers = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
  sockets.push(socket);
  await once(socket, 'open');
  return { socket, handler: heard.at(-1) ?? new Heard() };
}

/** It says what only cameras say. */
async function identified<C extends Awaited<ReturnType<typeof camera>>>(peer: C): Promise<C> {
  peer.socket.send('{"status":"ready"}');
  await peer.handler.until('status ready');
  return peer;
}

/** The status with which a handshake is refused. */
async function refusal(path: string, headers = {}): Promise<number | undefined> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
  sockets.push(socket);
  const [error] = (await once(socket, 'error')) as [Error];
  return Number(/response: (\d+)/.exec(error.message)?.[1]);
}

/** Sends raw bytes and resolves with everything that comes until the end. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  sockets.push(socket);
  let answer = '';
  socket.on('data', (data) => {
    answer += String(data);
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

describe('a peer that says nothing of a camera', () => {
  it('is told why it is closed: what it sent is no fault, and makes it no camera', async () => {
    const clock = new ManualClock();
    await listen({ clock });
    const { socket, handler } = await camera();
    socket.send('{"status":"hello"}');
    socket.send('{"type":"battery","level":0.5}');
    socket.send(Buffer.of(1, 2, 3));
    await handler.until('rejected');
    const closed = once(socket, 'close');
    clock.advance(IDENTIFY_TIMEOUT_MS);
    const [code, reason] = await closed;
    const why = 'said nothing that a camera says, in 3 messages, within 15 s';
    expect([code, String(reason)]).toEqual([1008, why]);
    await handler.until(`closed violation: ${why}`);
    expect(limits).toEqual(['unidentified']);
  });
});

describe('a camera', () => {
  it('may use any path and query, and is heard', async () => {
    await listen();
    for (const path of ['/android-cam', '/', '/a/b/c?x=1&name=bench%203', '//?%%%', '/?name=']) {
      await camera(path);
    }
    expect(peers.map(({ name }) => name)).toEqual([
      undefined,
      undefined,
      'bench 3',
      undefined,
      undefined,
    ]);
    expect(peers[0]).toMatchObject({ address: '127.0.0.1', port: expect.any(Number) });
  });

  it('has a name of whole characters, however long', async () => {
    await listen();
    await camera(`/?name=a${encodeURIComponent('🎥'.repeat(40))}`);
    expect(peers.map(({ name }) => name)).toEqual([`a${'🎥'.repeat(31)}`]);
  });

  it('is heard in the order in which it speaks', async () => {
    await listen();
    const { socket, handler } = await camera();
    socket.send('{"status":"ready","message":"hello"}');
    socket.send('{"type":"capabilities","deviceModel":"Pixel"}');
    socket.send(encodeFramePacket({ timestampMs: 1, sequence: 7, payload: Buffer.from('abc') }));
    socket.send('nonsense');
    socket.send(Buffer.from('short'));
    socket.send('{"status":"capture_stopped"}');
    socket.close();
    await handler.until('closed');
    expect(handler.events).toEqual([
      'status ready hello',
      'is Pixel',
      'packet 7 abc',
      'ignored not-json',
      'rejected too-short',
      'status capture_stopped ',
      'closed closed: it left',
    ]);
    expect(limits).toEqual([]);
  });

  it('may send its packets in fragments, split at any byte', async () => {
    await listen();
    const { socket, handler } = await camera();
    const packet = encodeFramePacket({
      timestampMs: 1,
      sequence: 0,
      payload: Buffer.from('split'),
    });
    for (let at = 0; at <= packet.length; at += 1) {
      socket.send(packet.subarray(0, at), { fin: false });
      socket.send(packet.subarray(at), { fin: true });
    }
    socket.close();
    await handler.until('closed');
    expect(handler.events.filter((event) => event === 'packet 0 split')).toHaveLength(
      packet.length + 1,
    );
  });

  it('holds nothing by its pings, however many and whatever is in them', async () => {
    await listen();
    const { socket, handler } = await camera();
    for (let size = 0; size <= 125; size += 1) {
      const answered = once(socket, 'pong');
      socket.ping(Buffer.alloc(size));
      await answered;
    }
    socket.send('{"status":"ready","message":"still here"}');
    await handler.until('status ready');
    const answered = once(socket, 'pong');
    socket.ping();
    await answered;
    expect(server.unfinishedBytes).toBe(0);
  });

  it('is not kept in memory by the network buffers of its small messages', async () => {
    const payloads: Uint8Array[] = [];
    await listen({
      onCamera: () =>
        Object.assign(new Heard(), {
          packet: ({ payload }: { payload: Uint8Array }) => payloads.push(payload),
        }),
    });
    const { socket } = await camera();
    for (let n = 0; n < 50; n += 1) {
      socket.send(encodeFramePacket({ timestampMs: 0, sequence: n, payload: Buffer.of(1) }));
      socket.send('x'.repeat(10_000));
    }
    await expect.poll(() => payloads.length).toBe(50);
    // Copies of a few bytes share pools of up to 64 KiB; what came from the network is half a megabyte.
    const kept = new Set(payloads.map(({ buffer }) => buffer));
    const bytes = [...kept].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(bytes).toBeLessThan(200_000);
  });
});

describe('who has no token', () => {
  const token = 'a-token-of-the-lab';

  it('gets in by none of the doors', async () => {
    await listen({ access: { token } });
    expect(await refusal('/android-cam')).toBe(401);
    expect(await refusal('/android-cam?token=wrong')).toBe(401);
    expect(await refusal('/', { Authorization: 'Bearer wrong' })).toBe(401);
    expect(await raw('GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1.1 401 .*WWW-Auth/s);
    expect(peers).toEqual([]);
    expect(limits).toEqual(Array(4).fill('unauthorized'));
  });

  it('and who has it does, in the address too', async () => {
    await listen({ access: { token } });
    await camera(`/android-cam?name=a&token=${token}`);
    await camera('/android-cam', { Authorization: `Bearer ${token}` });
    expect(peers).toHaveLength(2);
    expect(JSON.stringify(peers.map(({ name, address }) => [name, address]))).not.toContain(token);
  });
});

it('turns pages of other sites away, and lets its own and phones in', async () => {
  await listen();
  expect(await refusal('/', { Origin: 'http://evil.example' })).toBe(403);
  expect(await refusal('/', { Origin: 'null' })).toBe(403);
  await camera('/', { Origin: `http://127.0.0.1:${server.port}` });
  await camera('/');
  expect(limits).toEqual(['foreign-origin', 'foreign-origin']);
});

it('lets a camera in beside any number of silent sockets', async () => {
  await listen({ maxCameras: 3 });
  for (let n = 0; n < 5; n += 1) await camera();
  await identified(await camera());
  expect(limits).toEqual([]);
});

describe('what is refused, and its name', () => {
  it('more cameras than there may be', async () => {
    await listen({ maxCameras: 2 });
    await identified(await camera());
    const second = await identified(await camera());
    expect(await refusal('/')).toBe(503);
    expect(limits).toEqual(['too-many-cameras']);
    second.socket.close();
    await second.handler.until('closed');
    await identified(await camera());
  });

  it('a camera that shows to be one when others have taken the places', async () => {
    await listen({ maxCameras: 1 });
    const slow = await camera();
    await identified(await camera());
    slow.socket.send('{"status":"ready"}');
    const [code] = await once(slow.socket, 'close');
    expect(code).toBe(1013);
    expect(limits).toEqual(['too-many-cameras']);
    await slow.handler.until('closed');
    expect(slow.handler.events).toEqual([expect.stringMatching(/^closed violation/)]);
  });

  it('what is no HTTP, and headers without end', async () => {
    await listen();
    expect(await raw('\x16\x03\x01 hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
    const long = `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(MAX_HEADER_BYTES)}\r\n\r\n`;
    expect(await raw(long)).toMatch(/^HTTP\/1.1 431/);
    expect(limits).toEqual(['not-http', 'headers-too-large']);
    expect(details[0]).toMatch(/^spoke TLS, .* ws:/);
  });

  it('nobody who goes away in the middle of a request', async () => {
    await listen();
    for (const half of [
      'GET / HT',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf',
    ]) {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.end(half);
      socket.resume();
      await once(socket, 'close');
    }
    expect(limits).toEqual([]);
    await vi.waitFor(() => expect(server.connections).toBe(0));
  });

  it('what is no TLS, once', async () => {
    await listen({ tls: await keptCertificate(await temporaryDirectory(), Date.now()) });
    await raw('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await raw('rubbish');
    expect(limits).toEqual(['not-http', 'not-http']);
    expect(details).toEqual([
      expect.stringMatching(/^spoke no TLS: .* wss:/),
      expect.not.stringContaining('SSL routines'),
    ]);
  });

  it('a handshake that is none', async () => {
    await listen();
    const key = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
    expect(await raw(`${key}Sec-WebSocket-Version: 13\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
    expect(limits).toEqual(['not-websocket']);
  });

  it('plain requests, with a word of what this is', async () => {
    await listen();
    const request = httpRequest({ port: server.port, host: '127.0.0.1' });
    request.end();
    const [response] = await once(request, 'response');
    expect(response.statusCode).toBe(426);
    response.resume();
  });

  it('a text that is too long: closed with 1009, and not listened to any more', async () => {
    await listen();
    const { socket, handler } = await camera();
    socket.send('x'.repeat(MAX_TEXT_BYTES + 1));
    socket.send('{"status":"ready"}');
    const [code] = await once(socket, 'close');
    expect(code).toBe(1009);
    await handler.until('closed');
    expect(handler.events).toEqual([`closed violation: text over ${MAX_TEXT_BYTES} bytes`]);
    expect(limits).toEqual(['text-too-large']);
  });

  it('texts that together take long to read', async () => {
    await listen();
    const { socket, handler } = await camera();
    const depth = MAX_TEXT_BYTES / 2;
    const nested = '['.repeat(depth) + ']'.repeat(depth);
    const asManyAsMayCome = MAX_TEXT_BYTES_BURST / MAX_TEXT_BYTES;
    for (let n = 0; n < 2 * asManyAsMayCome; n += 1) socket.send(nested);
    await handler.until('closed violation');
    expect(handler.events.filter((event) => event.startsWith('ignored'))).toHaveLength(
      asManyAsMayCome,
    );
    expect(limits).toEqual(['text-rate']);
  });

  it('frames that break the protocol', async () => {
    await listen();
    const { socket, handler } = await camera();
    // Unmasked, which a client never is (RFC 6455, 5.1).
    const { _socket: stream } = socket as unknown as { _socket: Socket };
    stream.write(Buffer.of(0x81, 0x01, 0x41));
    await handler.until('closed violation');
    expect(limits).toEqual(['not-websocket']);
  });
});

it('says of a peer that pings faster than it can be answered why it is cut off', async () => {
  await listen();
  const { socket, handler } = await camera();
  const { _socket: stream } = socket as unknown as { _socket: Socket };
  const ping = Buffer.of(0x89, 0x80, 0, 0, 0, 0);
  stream.write(Buffer.concat(Array(10_000).fill(ping)));
  await handler.until('closed violation: over 1000 pings at once');
  expect(limits).toEqual(['too-many-pings']);
});

it('cuts off a camera that does not read what it is told', async () => {
  await listen();
  const { socket, handler } = await camera();
  socket.pause();
  const { connection } = peers[0] ?? {};
  const command = 'x'.repeat(64 * 1024);
  for (let n = 0; n < 1000 && limits.length === 0; n += 1) {
    connection?.send(command);
    await new Promise(setImmediate);
  }
  await handler.until('closed violation: does not read');
  expect(limits).toEqual(['does-not-read']);
});

it('does without the peer that holds most when all of them hold too much', async () => {
  await listen();
  const greedy = await camera();
  greedy.socket.on('error', () => {});
  const modest = await camera();
  modest.socket.send('{"status":"ready"}');
  const held = Buffer.alloc(1024 * 1024);
  const before = server.unfinishedBytes;
  greedy.socket.send(held, { fin: false });
  await expect.poll(() => server.unfinishedBytes - before).toBeGreaterThan(900_000);
  greedy.socket.terminate();
  await greedy.handler.until('closed');
  expect(server.unfinishedBytes).toBeLessThan(1_000);
  expect(modest.handler.events).toEqual(['status ready ']);
});

describe('when the server ends', () => {
  it('takes nobody in any more, and goes on listening to the cameras that are there', async () => {
    await listen();
    const { port } = server;
    const { socket, handler } = await identified(await camera());
    server.stopListening();
    const late = connect(port, '127.0.0.1');
    sockets.push(late);
    await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    socket.send(encodeFramePacket({ timestampMs: 1, sequence: 7, payload: Buffer.of(1) }));
    await handler.until('packet 7');
  });

  it('tells the cameras by the closing handshake, and cuts off who is none', async () => {
    await listen();
    const { socket } = await identified(await camera());
    const silent = connect(server.port, '127.0.0.1');
    sockets.push(silent);
    await vi.waitFor(() => expect(server.connections).toBe(2));
    const ends = [once(socket, 'close'), once(silent.resume(), 'close')];
    await server.close();
    const [[code, reason] = []] = await Promise.all(ends);
    expect([code, String(reason)]).toEqual([1001, 'the server stops']);
  });
});

it('says which port is taken', async () => {
  await listen();
  const second = new CameraServer({
    host: '127.0.0.1',
    port: server.port,
    maxCameras: 1,
    silenceMs: 1000,
    clock: systemClock,
    logger: silentLogger,
    onCamera: () => new Heard(),
  });
  await expect(second.listen()).rejects.toMatchObject({ code: 'PORT_IN_USE' });
});
