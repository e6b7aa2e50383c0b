import { once } from 'node:events';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { AdminClient } from '../../src/lib/admin/client.js';
import type { DaemonEvent } from '../../src/lib/admin/protocol.js';
import { socketPath } from '../../src/lib/admin/runtime-directory.js';
import {
  type AdminServer,
  MAX_CLIENTS,
  MAX_PENDING_CALLS,
  MAX_REQUEST_BYTES,
} from '../../src/lib/admin/server.js';
import { CamrecError } from '../../src/lib/base/errors.js';
import {
  device,
  FakeDaemon,
  listLogger,
  removeDirectory,
  runtimeEnvironment,
  session,
} from './fake-daemon.js';

let env: Awaited<ReturnType<typeof runtimeEnvironment>>;
let daemon: FakeDaemon;
let server: AdminServer;
const log = listLogger();

beforeEach(async () => {
  env = await runtimeEnvironment();
  daemon = new FakeDaemon();
  log.lines.length = 0;
  server = await daemon.listen(env, log.logger);
});

afterEach(async () => {
  await server.close();
  await removeDirectory(env.dir);
});

/** A client that speaks the bare protocol, as websocat would. */
async function rawClient(): Promise<WebSocket> {
  const socket = new WebSocket('ws://localhost/', { createConnection: () => connect(server.path) });
  await once(socket, 'open');
  return socket;
}

async function ask(socket: WebSocket, text: string): Promise<unknown> {
  socket.send(text);
  const [data] = await once(socket, 'message');
  return JSON.parse(String(data));
}

describe('the socket', () => {
  it('can be opened by this user only', async () => {
    expect((await stat(server.path)).mode & 0o777).toBe(0o600);
    expect((await stat(env.dir)).mode & 0o777).toBe(0o700);
  });

  it('is opened again where it was removed with its directory, and clients stay', async () => {
    const early = await rawClient();
    await rm(env.dir, { recursive: true });
    await vi.waitFor(() => stat(server.path), { timeout: 20_000, interval: 100 });
    expect((await stat(server.path)).mode & 0o777).toBe(0o600);
    expect((await stat(env.dir)).mode & 0o777).toBe(0o700);
    const late = await rawClient();
    for (const socket of [early, late]) {
      expect(await ask(socket, '{"jsonrpc":"2.0","id":1,"method":"daemon.info"}')).toMatchObject({
        result: { port: daemon.info.port },
      });
    }
    expect(server.clients).toBe(2);
    await vi.waitFor(() =>
      expect(log.lines).toContainEqual({
        level: 'info',
        message: `the admin socket was gone, and is there again: ${server.path}`,
      }),
    );
    await server.close();
    await expect(stat(server.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('says why it cannot be opened, and what to do', async () => {
    const other = new FakeDaemon({ port: daemon.info.port + 1 });
    const path = socketPath(other.info.port, env);
    await mkdir(path);
    await expect(other.listen(env)).rejects.toMatchObject({
      code: 'DIRECTORY_UNUSABLE',
      message: expect.stringMatching(/^The admin socket .* cannot be opened: E[A-Z]+: /),
      hint: expect.stringContaining('CAMREC_RUNTIME_DIR'),
    });
    expect(await readdir(dirname(path))).not.toContainEqual(expect.stringMatching(/~$/));
  });

  it('is gone after close', async () => {
    await server.close();
    await expect(stat(server.path)).rejects.toThrow('ENOENT');
    expect(daemon.listeners).toBe(0);
  });

  it('closes although a client does not', async () => {
    const socket = await rawClient();
    socket.pause();
    await server.close();
    socket.terminate();
    await expect(stat(server.path)).rejects.toThrow('ENOENT');
  });

  it('tells a browser or curl what is spoken here', async () => {
    const socket = connect(server.path);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 426 /);
    socket.destroy();
  });
});

describe('calls', () => {
  it('answers a request by its id', async () => {
    const socket = await rawClient();
    const info = await ask(socket, '{"jsonrpc":"2.0","id":"x","method":"daemon.info"}');
    expect(info).toEqual({ jsonrpc: '2.0', id: 'x', result: daemon.info });
    socket.terminate();
  });

  it('gives the error of the daemon with its code and hint', async () => {
    daemon.devices = [device('bench-1'), device('bench-2')];
    const client = await AdminClient.connect(server.path, 1000);
    const failure: unknown = await client
      .call('capture.start', { devices: ['bench'] })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CamrecError);
    expect(failure).toMatchObject({
      code: 'AMBIGUOUS_DEVICE',
      message: '"bench" fits 2 phones.',
      hint: 'Say which: bench-1 (id-bench-1), bench-2 (id-bench-2).',
    });
    client.close();
  });

  it.each([
    ['a bitrate of 0', { bitrate: 0 }],
    ['a negative frame rate', { fps: -1 }],
    ['a ratio of 0:3', { aspectRatio: { width: 0, height: 3 } }],
    ['an unknown parameter', { speed: 3 }],
    ['no parameters, by position', []],
  ])('refuses %s', async (_name, params) => {
    const socket = await rawClient();
    const request = { jsonrpc: '2.0', id: 1, method: 'capture.start', params };
    const answer = await ask(socket, JSON.stringify(request));
    expect(answer).toMatchObject({ id: 1, error: { code: -32602 } });
    expect(daemon.startCalls).toEqual([]);
    socket.terminate();
  });

  it('fills in the defaults of the original server', async () => {
    daemon.devices = [device('a')];
    const client = await AdminClient.connect(server.path, 1000);
    await client.call('capture.start', {});
    expect(daemon.startCalls).toEqual([{ bitrate: 4, fps: 10, timeoutMs: 10_000 }]);
    client.close();
  });

  it.each(['start', 'stop'])('does without any parameter of capture.%s', async (method) => {
    const socket = await rawClient();
    const answer = await ask(socket, `{"jsonrpc":"2.0","id":1,"method":"capture.${method}"}`);
    // Understood, and there is none.
    expect(answer).toMatchObject({ id: 1, error: { data: { code: 'NO_CAMERA' } } });
    socket.terminate();
  });

  it('says which call was one too many', async () => {
    daemon.status = () => new Promise(() => {});
    const socket = await rawClient();
    for (let id = 1; id <= MAX_PENDING_CALLS; id += 1) {
      socket.send(`{"jsonrpc":"2.0","id":${id},"method":"daemon.status"}`);
    }
    socket.send('{"jsonrpc":"2.0","method":"daemon.status"}');
    const answer = await ask(socket, '{"jsonrpc":"2.0","id":"last","method":"daemon.status"}');
    expect(answer).toMatchObject({ id: 'last', error: { code: -32600 } });
    socket.terminate();
  });

  it('streams the steps of a start to its caller alone, and the result is whole', async () => {
    daemon.devices = [device('a'), device('b', { state: 'recording', sessionId: 's9' })];
    daemon.behaviour.set('a', 'fails');
    const client = await AdminClient.connect(server.path, 1000);
    const other = await AdminClient.connect(server.path, 1000);
    await other.subscribe();
    const overheard = vi.fn();
    other.on('event', overheard);
    const steps: string[] = [];
    const result = await client.startCapture({ label: 'run' }, ({ name, state }) =>
      steps.push(`${name} ${state}`),
    );
    expect(steps).toEqual(['a starting', 'a failed', 'b starting', 'b already-recording']);
    expect(result.capture).toEqual({ id: 'c1', label: 'run' });
    expect(result.devices.map(({ state }) => state)).toEqual(['failed', 'already-recording']);
    await other.call('daemon.info', {});
    expect(overheard).not.toHaveBeenCalled();
    client.close();
    other.close();
  });

  it('gives up on a daemon that does not answer', async () => {
    daemon.status = () => new Promise(() => {});
    const client = await AdminClient.connect(server.path, 1000);
    const call = client.call('daemon.status', {}, { timeoutMs: 20 });
    await expect(call).rejects.toMatchObject({ code: 'TIMEOUT' });
    client.close();
  });

  it('tells the caller when the daemon goes away', async () => {
    daemon.status = () => new Promise(() => {});
    const client = await AdminClient.connect(server.path, 1000);
    const call = client.call('daemon.status', {});
    const closed = once(client, 'close');
    await Promise.all([
      expect(call).rejects.toMatchObject({ code: 'CONNECTION_FAILED' }),
      server.close(),
      closed,
    ]);
    await expect(client.call('daemon.info', {})).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
    });
  });
});

describe('events', () => {
  it('reach who asked for them, in order', async () => {
    const client = await AdminClient.connect(server.path, 1000);
    await client.subscribe();
    const seen: DaemonEvent[] = [];
    client.on('event', (event) => seen.push(event));
    const events: DaemonEvent[] = [
      { event: 'device.connected', device: device('a') },
      { event: 'session.opened', session: session('a_1', { state: 'recording' }) },
      { event: 'session.finished', session: session('a_1') },
      { event: 'device.disconnected', device: device('a'), reason: 'closed' },
    ];
    for (const event of events) daemon.emit(event);
    await client.call('daemon.info', {});
    expect(seen).toEqual(events);
    client.close();
  });

  it('do not reach who did not ask, or no longer wants them', async () => {
    const socket = await rawClient();
    const seen: string[] = [];
    socket.on('message', (data) => seen.push(String(data)));
    daemon.emit({ event: 'daemon.stopping' });
    await ask(socket, '{"jsonrpc":"2.0","id":1,"method":"events.subscribe"}');
    await ask(socket, '{"jsonrpc":"2.0","id":2,"method":"events.unsubscribe"}');
    daemon.emit({ event: 'daemon.stopping' });
    await ask(socket, '{"jsonrpc":"2.0","id":3,"method":"daemon.info"}');
    expect(seen.filter((text) => text.includes('stopping'))).toEqual([]);
    socket.terminate();
  });
});

describe('limits', () => {
  it('drops a client that does not read, and nobody else', async () => {
    const deaf = await rawClient();
    await ask(deaf, '{"jsonrpc":"2.0","id":1,"method":"events.subscribe"}');
    const client = await AdminClient.connect(server.path, 1000);
    deaf.pause();
    const message = 'x'.repeat(200_000);
    for (let sent = 0; sent < 40; sent++) {
      daemon.emit({ event: 'device.error', device: device('a'), message });
    }
    await vi.waitUntil(() => server.clients === 1);
    expect(log.lines).toContainEqual({
      level: 'warn',
      message: 'an admin client does not read what it is sent: dropped',
    });
    expect(await client.call('daemon.info', {})).toEqual(daemon.info);
    client.close();
    deaf.terminate();
  });

  it('closes on a message that is too long', async () => {
    const socket = await rawClient();
    socket.send('x'.repeat(MAX_REQUEST_BYTES + 1));
    const [code] = await once(socket, 'close');
    expect(code).toBe(1009);
  });

  it('closes on binary', async () => {
    const socket = await rawClient();
    socket.send(Buffer.from('{}'));
    const [code] = await once(socket, 'close');
    expect(code).toBe(1003);
  });

  it('turns away the client too many', async () => {
    const sockets = await Promise.all(Array.from({ length: MAX_CLIENTS }, () => rawClient()));
    const tooMany = await rawClient();
    const [code] = await once(tooMany, 'close');
    expect(code).toBe(1013);
    for (const socket of sockets) socket.terminate();
  });

  it('is not ended by what the client too many sends', async () => {
    const sockets = await Promise.all(Array.from({ length: MAX_CLIENTS }, () => rawClient()));
    const foreign = connect(server.path);
    foreign.write(
      'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await once(foreign, 'data');
    // No frame of RFC 6455: reserved bits are set, and it is not masked.
    foreign.write(Buffer.from([0xff, 0x05, 1, 2, 3, 4, 5]));
    await once(foreign.resume(), 'end');
    const [first] = sockets;
    expect(
      first && (await ask(first, '{"jsonrpc":"2.0","id":1,"method":"daemon.info"}')),
    ).toMatchObject({ id: 1 });
    for (const socket of [foreign, ...sockets]) socket.on('error', () => {});
    foreign.destroy();
    for (const socket of sockets) socket.terminate();
  });
});
