import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failedDevices } from '../../src/lib/simulate/report.js';
import { simulatePhones } from '../../src/lib/simulate/simulate-phones.js';
import { SHIPPED_SAMPLE } from '../support/shipped-sample.js';
import { ffmpeg } from '../support/tools.js';
import { BareServer } from './bare-server.js';

let server: BareServer;

beforeEach(async () => {
  server = await BareServer.listen();
});

afterEach(() => server.close());

const oneCapture = { autostart: true, maxFrames: 100, maxCaptures: 1, speed: 1000 };

it('sends the shipped sample byte for byte', async () => {
  const report = await simulatePhones({ url: server.url, behaviour: oneCapture });
  const connection = await server.connection();
  await connection.untilClosed();
  expect(connection.payload.equals(readFileSync(SHIPPED_SAMPLE))).toBe(true);
  expect(report).toMatchObject({
    url: server.url,
    seed: 1,
    devices: [
      {
        name: 'sim-1',
        connection: { end: 'finished', code: 1000 },
        captures: [{ frames: 100, packets: 101, sha256: connection.sha256 }],
      },
    ],
  });
  expect(failedDevices(report)).toEqual([]);
});

it('sends the same bytes and device times again for the same seed', async () => {
  const faults = {
    ...{ drop: 0.1, repeat: 0.1, corrupt: 0.1, wrongLength: 0.1, garbage: 0.1 },
    ...{ delay: 0, delayMs: 0, duplicateTime: 0.1, backwardTime: 0.1 },
  };
  const run = async (seed: number) => {
    const behaviour = { ...oneCapture, seed, faults };
    const { devices } = await simulatePhones({ url: server.url, devices: 2, behaviour });
    return devices.map(({ captures }) => captures);
  };
  const seven = await run(7);
  expect(await run(7)).toEqual(seven);
  expect(await run(8)).not.toEqual(seven);
  const messages = (index: number) =>
    server.connections[index]?.messages.map((message) =>
      message.kind === 'packet'
        ? [message.packet.sequence, message.packet.timestampMs]
        : message.kind,
    );
  const byPath = (path: string, from: number) =>
    messages(
      from + server.connections.slice(from, from + 2).findIndex((one) => one.path.endsWith(path)),
    );
  expect(byPath('sim-1', 0)).toEqual(byPath('sim-1', 2));
  expect(byPath('sim-2', 0)).toEqual(byPath('sim-2', 2));
});

it('names its phones', async () => {
  const paths = async (options: { name?: string; devices?: number }) => {
    const before = server.connections.length;
    await simulatePhones({
      url: server.url,
      behaviour: { ...oneCapture, maxFrames: 1 },
      ...options,
    });
    return server.connections.slice(before).map(({ path }) => path.replace('/android-cam', ''));
  };
  expect((await paths({ devices: 3 })).sort()).toEqual([
    '?name=sim-1',
    '?name=sim-2',
    '?name=sim-3',
  ]);
  expect(await paths({ name: 'bench' })).toEqual(['?name=bench']);
  expect(await paths({ name: '' })).toEqual(['']);
});

it('lets two hundred phones send at once', async () => {
  const behaviour = { autostart: true, maxFrames: 10, maxCaptures: 1, speed: 5 };
  const report = await simulatePhones({ url: server.url, devices: 200, behaviour });
  expect(report.devices.length).toBe(200);
  await Promise.all(server.connections.map((connection) => connection.untilClosed()));
  const sent = report.devices.map(({ captures }) => captures[0]?.sha256).sort();
  expect(server.connections.map(({ sha256 }) => sha256).sort()).toEqual(sent);
});

it('ends captures and connections in good order after its duration', async () => {
  const report = await simulatePhones({
    url: server.url,
    durationMs: 200,
    behaviour: { autostart: true, speed: 10 },
  });
  const connection = await server.connection();
  await connection.untilClosed();
  expect(connection.closeCode).toBe(1000);
  expect(connection.statuses).toEqual(['ready', 'capture_started', 'capture_stopped']);
  expect(report.devices[0]?.captures).toMatchObject([
    { stoppedBy: 'simulation', sha256: connection.sha256 },
  ]);
});

it('ends in good order when it is told to', async () => {
  const ending = new AbortController();
  const simulation = simulatePhones({ url: server.url, devices: 2, signal: ending.signal });
  const second = await server.connection(1);
  await second.until(({ messages }) => messages.length >= 2);
  second.start();
  await second.until(({ packets }) => packets.length >= 3);
  ending.abort();
  const { devices } = await simulation;
  expect(devices.map(({ connection }) => connection.end)).toEqual(['finished', 'finished']);
  expect(devices.flatMap(({ captures }) => captures.map(({ stoppedBy }) => stoppedBy))).toEqual([
    'simulation',
  ]);
});

it('ends at once while it connects to a server that says nothing', async () => {
  const silent = createTcpServer((socket) => socket.on('error', () => {}));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const ending = new AbortController();
  const url = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
  const simulation = simulatePhones({ url, signal: ending.signal });
  const [connection] = await once(silent, 'connection');
  await once(connection, 'data');
  ending.abort();
  await expect(simulation).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 1 });
  await new Promise((closed) => silent.close(closed));
});

it('ends when the server closes, and says which phones that left in bad order', async () => {
  const simulation = simulatePhones({ url: server.url, devices: 2 });
  for (const index of [0, 1]) {
    const connection = await server.connection(index);
    await connection.until(({ messages }) => messages.length >= 2);
  }
  (await server.connection(0)).close(1001);
  const closed = await server.connection(0);
  await closed.untilClosed();
  await server.close();
  const report = await simulation;
  const ends = report.devices.map(({ connection }) => connection.end).sort();
  expect(ends).toEqual(['closed-by-server', 'lost']);
  expect(failedDevices(report).length).toBe(1);
  server = await BareServer.listen();
});

it.each([
  [1000, 0],
  [1013, 1],
])(
  'knows whether a server that closes with %i is done, or has turned a phone away',
  async (code, failed) => {
    const simulation = simulatePhones({ url: server.url });
    (await server.connection()).close(code);
    expect(failedDevices(await simulation)).toHaveLength(failed);
  },
);

it('says that nobody listens, and what to do', async () => {
  const { url } = server;
  await server.close();
  await expect(simulatePhones({ url: `${url}?token=secret` })).rejects.toMatchObject({
    code: 'CONNECTION_FAILED',
    exitCode: 1,
    message: expect.stringMatching(
      /^Cannot connect to \S+android-cam: nothing listens on port \d+\.$/,
    ),
    hint: expect.stringContaining('camrec serve --port'),
  });
  server = await BareServer.listen();
});

it.each([
  [401, 'turned it away', 'token'],
  [503, 'no further camera', '--max-cameras'],
  [200, 'no camera server', 'address'],
])('says that it was turned away: %d', async (status, message, hint) => {
  const refusing = createServer();
  refusing.on('upgrade', (_request, socket) => {
    socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\n\r\n`);
  });
  refusing.listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  const url = `ws://127.0.0.1:${(refusing.address() as AddressInfo).port}/`;
  await expect(simulatePhones({ url })).rejects.toMatchObject({
    code: 'CONNECTION_FAILED',
    message: expect.stringContaining(`${message} (HTTP ${status})`),
    hint: expect.stringContaining(hint),
  });
  await new Promise((closed) => refusing.close(closed));
});

it.each<[string, string, (socket: Socket) => void, string, string]>([
  [
    'TLS to a server without',
    'wss',
    (socket) => socket.end('HTTP/1.1 400\r\n\r\n'),
    'TLS',
    'ws://',
  ],
  ['no TLS to a server with it', 'ws', (socket) => socket.resetAndDestroy(), 'hung up', 'wss://'],
  ['a server of another kind', 'ws', (socket) => socket.end('SSH-2.0\r\n'), 'HTTP', 'port'],
])('says what is wrong: %s', async (_what, scheme, answer, message, hint) => {
  const other = createTcpServer((socket) =>
    socket.on('error', () => {}).once('data', () => answer(socket)),
  );
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const url = `${scheme}://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  await expect(simulatePhones({ url })).rejects.toMatchObject({
    code: 'CONNECTION_FAILED',
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  });
  await new Promise((closed) => other.close(closed));
});

it('refuses options that make no sense', async () => {
  const wrong = [
    { url: 'http://127.0.0.1:1/' },
    { url: 'here' },
    { url: server.url, devices: 0 },
    { url: server.url, devices: 100_000 },
    { url: server.url, times: 'times.txt' },
  ];
  for (const options of wrong) {
    await expect(simulatePhones(options)).rejects.toMatchObject({ code: 'USAGE' });
  }
});

describe.skipIf(ffmpeg === undefined)('what arrives (needs ffmpeg)', () => {
  /** Pictures that ffmpeg decodes; it must have nothing to complain about. */
  function decodedFrames(stream: Buffer): number {
    const args = ['-v', 'error', '-f', 'h264', '-i', '-', '-f', 'framemd5', '-'];
    const { stdout, stderr } = spawnSync(ffmpeg ?? '', args, { input: stream });
    expect(stderr.toString()).toBe('');
    return stdout
      .toString()
      .split('\n')
      .filter((line) => /^\d/.test(line)).length;
  }

  it.each(['once', 'split', 'repeat'] as const)(
    'decodes without an error over the seam, configuration sent %s',
    async (config) => {
      const behaviour = { ...oneCapture, maxFrames: 230, config };
      await simulatePhones({ url: server.url, behaviour });
      const connection = await server.connection();
      await connection.untilClosed();
      expect(decodedFrames(connection.payload)).toBe(230);
    },
  );
});
