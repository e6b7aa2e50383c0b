import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdminClient } from '../../src/lib/admin/client.js';
import { findDaemon, findDaemonIfAny, listSockets } from '../../src/lib/admin/find-daemon.js';
import { runtimeDirectory, socketPath } from '../../src/lib/admin/runtime-directory.js';
import { type AdminServer, MAX_CLIENTS } from '../../src/lib/admin/server.js';
import { FakeDaemon, removeDirectory, runtimeEnvironment } from './fake-daemon.js';

let env: Awaited<ReturnType<typeof runtimeEnvironment>>;
const servers: AdminServer[] = [];

beforeEach(async () => {
  env = await runtimeEnvironment();
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await removeDirectory(env.dir);
});

async function serve(port: number, more = {}): Promise<AdminServer> {
  const server = await new FakeDaemon({ port, ...more }).listen(env);
  servers.push(server);
  return server;
}

/** Leaves the socket file of a process that was killed. */
async function leaveDeadSocket(port: number): Promise<string> {
  const path = socketPath(port, env);
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  return path;
}

describe('finding the daemon', () => {
  it('takes the only one that runs', async () => {
    await serve(8765);
    const { client, info } = await findDaemon({ env });
    expect(info.port).toBe(8765);
    client.close();
  });

  it('tells several apart by their port', async () => {
    await serve(8765, { pid: 11, dir: '/a' });
    await serve(8766, { pid: 12, dir: '/b' });
    await expect(findDaemon({ env })).rejects.toMatchObject({
      code: 'SEVERAL_DAEMONS',
      hint: 'Say which one: --port 8765 (pid 11, /a), --port 8766 (pid 12, /b).',
    });
    const { client, info } = await findDaemon({ env, port: 8766 });
    expect(info.dir).toBe('/b');
    client.close();
  });

  it('says how to start one where none runs', async () => {
    await expect(findDaemon({ env })).rejects.toMatchObject({
      code: 'NO_DAEMON',
      exitCode: 3,
      hint: 'Start one in another terminal: camrec serve',
    });
    expect(await findDaemonIfAny({ env })).toBeUndefined();
  });

  it('finds none where the runtime directory was never made', async () => {
    const missing = { CAMREC_RUNTIME_DIR: join(env.dir, 'missing') };
    await expect(findDaemon({ env: missing })).rejects.toMatchObject({ code: 'NO_DAEMON' });
  });

  it('names the ports that run where the wanted one does not', async () => {
    await serve(8765);
    await expect(findDaemon({ env, port: 9000 })).rejects.toMatchObject({
      code: 'NO_DAEMON',
      hint: 'Running: --port 8765.',
    });
  });

  it('refuses a daemon of another protocol', async () => {
    await serve(8765, { protocol: 99, version: '9.0.0' });
    await expect(findDaemon({ env })).rejects.toMatchObject({ code: 'ADMIN_PROTOCOL' });
  });

  it('does not take a hanging daemon for a dead one', async () => {
    const path = socketPath(8765, env);
    const hanging = createServer((socket) => socket.resume());
    await new Promise<void>((done) => hanging.listen(path, done));
    await expect(findDaemon({ env, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
    });
    expect((await stat(path)).isSocket()).toBe(true);
    await new Promise((done) => hanging.close(done));
  });

  it('takes a daemon with too many clients neither for dead nor for hanging', async () => {
    await serve(8765);
    const path = socketPath(8765, env);
    const clients = await Promise.all(
      Array.from({ length: MAX_CLIENTS }, () => AdminClient.connect(path, 5000)),
    );
    const tooMany = { code: 'CONNECTION_FAILED', message: expect.stringContaining('Too many') };
    await expect(findDaemon({ env })).rejects.toMatchObject(tooMany);
    // More than that are not even let in.
    const idle = Array.from({ length: 2 * MAX_CLIENTS }, () => connect(path).on('error', () => {}));
    await Promise.all(idle.slice(0, MAX_CLIENTS).map((one) => once(one, 'connect')));
    await expect(findDaemon({ env })).rejects.toMatchObject(tooMany);
    for (const one of idle) one.destroy();
    for (const client of clients) client.close();
  });

  it('clears a dead daemon away and finds the living', async () => {
    await leaveDeadSocket(8000);
    await serve(8765);
    const { client, info } = await findDaemon({ env });
    expect(info.port).toBe(8765);
    expect(await listSockets(env)).toEqual([8765]);
    client.close();
  });

  it('minds no other files', async () => {
    await writeFile(join(env.dir, 'camrec-x.sock'), '');
    await writeFile(join(env.dir, 'notes.txt'), '');
    await expect(findDaemon({ env })).rejects.toMatchObject({ code: 'NO_DAEMON' });
  });
});

describe('opening the socket', () => {
  it('refuses a second daemon on the same port', async () => {
    await serve(8765);
    await expect(serve(8765)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: 'Another daemon serves port 8765 already.',
    });
    expect(await readdir(env.dir)).toEqual(['camrec-8765.sock']);
    const { client } = await findDaemon({ env });
    client.close();
  });

  it('replaces the socket of a daemon that was killed', async () => {
    const path = await leaveDeadSocket(8765);
    const before = (await stat(path)).ino;
    await serve(8765);
    expect((await stat(path)).ino).not.toBe(before);
    const { client } = await findDaemon({ env });
    client.close();
  });

  it('lets exactly one of many win over a dead socket', async () => {
    await leaveDeadSocket(8765);
    const starts = await Promise.allSettled(Array.from({ length: 12 }, () => serve(8765)));
    const won = starts.filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
    const { client } = await findDaemon({ env });
    client.close();
    expect(await readdir(env.dir)).toEqual(['camrec-8765.sock']);
  });

  it('leaves the socket of its successor alone', async () => {
    const first = await serve(8765);
    await removeDirectory(socketPath(8765, env));
    await serve(8765);
    await first.close();
    const { client } = await findDaemon({ env });
    client.close();
  });
});

describe('the runtime directory', () => {
  it('is made with 0700', async () => {
    const dir = join(env.dir, 'new', 'deep');
    const server = await new FakeDaemon().listen({ CAMREC_RUNTIME_DIR: dir });
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    await server.close();
  });

  it('follows CAMREC_RUNTIME_DIR, then XDG_RUNTIME_DIR, then the temporary directory', () => {
    expect(runtimeDirectory({ CAMREC_RUNTIME_DIR: '/a', XDG_RUNTIME_DIR: '/b' })).toBe('/a');
    expect(runtimeDirectory({ XDG_RUNTIME_DIR: '/b' })).toBe('/b/camrec');
    expect(runtimeDirectory({})).toMatch(new RegExp(`/camrec-${process.getuid?.()}$`));
  });

  it('is refused where other users can enter it, by both ends', async () => {
    await chmod(env.dir, 0o755);
    const refusal = { code: 'DIRECTORY_UNUSABLE', hint: `Run: chmod 700 ${env.dir}` };
    await expect(serve(8765)).rejects.toMatchObject(refusal);
    await expect(findDaemon({ env })).rejects.toMatchObject(refusal);
  });

  it('says why it cannot be made', async () => {
    const file = join(env.dir, 'file');
    await writeFile(file, '');
    const below = { CAMREC_RUNTIME_DIR: join(file, 'run') };
    await expect(new FakeDaemon().listen(below)).rejects.toMatchObject({
      code: 'DIRECTORY_UNUSABLE',
      message: expect.stringContaining('cannot be made: ENOTDIR: '),
    });
  });

  it('is refused where it is a link or a file', async () => {
    const target = join(env.dir, 'target');
    const dir = join(env.dir, 'link');
    await mkdir(target, { mode: 0o700 });
    await symlink(target, dir);
    const daemon = new FakeDaemon();
    await expect(daemon.listen({ CAMREC_RUNTIME_DIR: dir })).rejects.toMatchObject({
      code: 'DIRECTORY_UNUSABLE',
      message: expect.stringContaining('is not a directory'),
    });
    const file = join(env.dir, 'file');
    await writeFile(file, '');
    await expect(daemon.listen({ CAMREC_RUNTIME_DIR: file })).rejects.toMatchObject({
      code: 'DIRECTORY_UNUSABLE',
    });
  });

  it('is refused where the path of the socket would be too long', async () => {
    const dir = join(env.dir, 'x'.repeat(100));
    await expect(new FakeDaemon().listen({ CAMREC_RUNTIME_DIR: dir })).rejects.toMatchObject({
      code: 'DIRECTORY_UNUSABLE',
      message: expect.stringMatching(/has \d{3} bytes, and the system takes 10[37]/),
    });
  });

  it('takes a path of just the length that the system takes', async () => {
    const room = 107 - Buffer.byteLength(join(env.dir, '/', 'camrec-8765.sock'));
    const dir = join(env.dir, 'x'.repeat(room - 1));
    const tight = { CAMREC_RUNTIME_DIR: dir };
    const server = await new FakeDaemon().listen(tight);
    const { client } = await findDaemon({ env: tight });
    client.close();
    await server.close();
  });
});
