import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examine, isHealthy } from '../../src/lib/daemon/doctor.js';
import type { Finding } from '../../src/lib/daemon/finding.js';
import { lockDirectory } from '../../src/lib/storage/directory-lock.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { FakeDaemon, removeDirectory, runtimeEnvironment } from '../admin/fake-daemon.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { repositoryRoot } from '../support/tools.js';

const NAMES = ['node', 'ffmpeg', 'port', 'admin', 'directory', 'disk', 'clock'];

async function findings(options: Partial<Parameters<typeof examine>[0]> = {}) {
  const found = await examine({
    disk: systemDisk,
    host: '127.0.0.1',
    port: 0,
    directory: options.directory ?? (await temporaryDirectory()),
    minFreeBytes: 0,
    nodeVersion: process.versions.node,
    ...options,
  });
  expect(found.map(({ name }) => name)).toEqual(NAMES);
  const by = (name: Finding['name']) => found.find((finding) => finding.name === name);
  return { found, by };
}

it('finds nothing wrong where nothing is, and leaves nothing behind', async () => {
  const directory = await temporaryDirectory();
  const { found, by } = await findings({ directory });
  expect(isHealthy(found)).toBe(true);
  expect(by('directory')?.state).toBe('ok');
  expect(by('disk')?.detail).toMatch(/free, .*\/s, a sync takes/);
  expect(await readdir(directory)).toEqual([]);
});

it('knows a Node that is too old', async () => {
  expect((await findings({ nodeVersion: '20.18.9' })).by('node')).toMatchObject({
    state: 'failed',
    advice: 'Install Node 20.19 or later.',
  });
  expect((await findings({ nodeVersion: '24.1.0' })).by('node')?.state).toBe('ok');
});

describe('a port that is taken', () => {
  let stranger: Server;
  let port: number;
  let env: Awaited<ReturnType<typeof runtimeEnvironment>>;
  beforeEach(async () => {
    env = await runtimeEnvironment();
    stranger = createServer().listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    ({ port } = stranger.address() as AddressInfo);
  });
  afterEach(async () => {
    stranger.close();
    await removeDirectory(env.dir);
  });

  /** What is found while a daemon serves `served` and records into the directory. */
  async function besideDaemon(served: number, directory: string) {
    const server = await new FakeDaemon({ port: served, dir: directory, pid: 4711 }).listen(env);
    const lock = await lockDirectory(directory);
    const { by } = await findings({ port, directory, env });
    await lock.release();
    await server.close();
    return by('port');
  }

  it('by the daemon that runs is not in the way', async () => {
    expect(await besideDaemon(port, await temporaryDirectory())).toMatchObject({
      state: 'ok',
      detail: expect.stringContaining('process 4711'),
    });
  });

  it('by a stranger is, whether or not a daemon runs on another port', async () => {
    const directory = await temporaryDirectory();
    expect((await findings({ port, directory, env })).by('port')).toMatchObject({
      state: 'failed',
      advice: 'End that program, or choose another port with --port.',
    });
    const other = port === 8765 ? 8766 : 8765;
    expect(await besideDaemon(other, directory)).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('another program'),
    });
  });

  it('may be that of a daemon that cannot be asked', async () => {
    const directory = await temporaryDirectory();
    const lock = await lockDirectory(directory);
    const { by } = await findings({ port, directory, env });
    expect(by('port')).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining(String(process.pid)),
    });
    expect(by('directory')?.state).toBe('ok');
    await lock.release();
  });

  it('or an address that is not ours', async () => {
    const { by } = await findings({ host: '203.0.113.1' });
    expect(by('port')).toMatchObject({
      state: 'failed',
      advice: expect.stringContaining('--host'),
    });
  });
});

describe('the socket of the admin channel', () => {
  const found = async (directory: string) =>
    (await findings({ env: { CAMREC_RUNTIME_DIR: directory } })).by('admin');

  it('may have a directory, or none yet, which is not made', async () => {
    const above = await temporaryDirectory();
    const directory = join(above, 'runtime');
    expect(await found(directory)).toMatchObject({
      state: 'ok',
      detail: `${directory} is not there yet: serve will make it, below ${above}`,
    });
    expect(await readdir(above)).toEqual([]);
    await mkdir(directory, { mode: 0o700 });
    expect(await found(directory)).toMatchObject({
      state: 'ok',
      detail: `commands reach the daemon by a socket in ${directory}`,
    });
  });

  it.skipIf(process.platform === 'win32')('has a path that the system takes', async () => {
    const above = await temporaryDirectory();
    // As long as it may be for a port of one digit, which that of a daemon with --port 0 never is.
    const longest = process.platform === 'darwin' ? 103 : 107;
    const room = longest - Buffer.byteLength(join(above, '/camrec-0.sock'));
    expect(await found(join(above, 'x'.repeat(room - 1)))).toMatchObject({
      state: 'failed',
      advice: expect.stringContaining('CAMREC_RUNTIME_DIR'),
    });
  });

  it('has no place where others could put theirs', async () => {
    const directory = await temporaryDirectory();
    await chmod(directory, 0o755);
    expect(await found(directory)).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('mode 755'),
      advice: `Run: chmod 700 ${directory}`,
    });
  });

  it('has none where the path is too long, or begins in a file', async () => {
    const directory = await temporaryDirectory();
    expect(await found(join(directory, 'x'.repeat(100)))).toMatchObject({
      state: 'failed',
      advice: expect.stringContaining('shorter path'),
    });
    const file = join(directory, 'file');
    await writeFile(file, '');
    expect(await found(join(file, 'runtime'))).toMatchObject({
      state: 'failed',
      advice: expect.stringContaining('CAMREC_RUNTIME_DIR'),
    });
  });
});

it('looks no further where the directory is none', async () => {
  const file = join(await temporaryDirectory(), 'file');
  await writeFile(file, '');
  const { found, by } = await findings({ directory: join(file, 'recordings') });
  expect(isHealthy(found)).toBe(false);
  expect(by('directory')).toMatchObject({
    state: 'failed',
    advice: expect.stringContaining('--dir'),
  });
  expect(by('disk')).toMatchObject({ state: 'failed', advice: null });
});

it('makes no directory that is not there yet, and looks at where it would be', async () => {
  const above = await temporaryDirectory();
  const disk = new FaultyDisk(systemDisk);
  const directory = join(above, 'new', 'recordings');
  const { found, by } = await findings({ directory, disk });
  expect(isHealthy(found)).toBe(true);
  expect(by('directory')).toMatchObject({
    state: 'ok',
    detail: `${directory} is not there yet: serve will make it, below ${above}`,
  });
  expect(by('disk')?.detail).toMatch(/free, .*\/s, a sync takes/);
  const opened = disk.calls.filter(({ name }) => name === 'open');
  expect(opened.map(({ path }) => dirname(path))).toEqual([above]);
  expect(await readdir(above)).toEqual([]);
});

it('refuses a file in place of the directory', async () => {
  const file = join(await temporaryDirectory(), 'file');
  await writeFile(file, '');
  expect((await findings({ directory: file })).by('directory')).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('not a directory'),
  });
});

it('warns of a directory that others can look into', async () => {
  const directory = await temporaryDirectory();
  await chmod(directory, 0o755);
  const { found, by } = await findings({ directory });
  expect(by('directory')).toMatchObject({
    state: 'warning',
    advice: expect.stringContaining('chmod 700'),
  });
  expect(isHealthy(found)).toBe(true);
});

it('finds that another daemon records into the directory', async () => {
  const directory = await temporaryDirectory();
  const lock = await lockDirectory(directory);
  const { by } = await findings({ directory });
  expect(by('directory')).toEqual({
    name: 'directory',
    state: 'failed',
    detail: `another daemon records into ${directory} (process ${process.pid})`,
    advice: 'Use that one, stop it, or choose another with --dir.',
  });
  await lock.release();
});

describe('a disk', () => {
  it('with too little room', async () => {
    const { by } = await findings({ minFreeBytes: 2 ** 60 });
    expect(by('disk')).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('min-free'),
    });
  });

  it('that fails', async () => {
    const disk = new FaultyDisk(systemDisk, ({ name }) =>
      name === 'sync' ? { fail: 'EIO' } : 'pass',
    );
    const { by } = await findings({ disk });
    expect(by('disk')).toMatchObject({ state: 'failed', detail: expect.stringContaining('EIO') });
  });

  it('that is full before it has too little room', async () => {
    const disk = new FaultyDisk(systemDisk, ({ name }) =>
      name === 'writev' ? { fail: 'ENOSPC' } : 'pass',
    );
    const { by } = await findings({ disk });
    expect(by('disk')).toMatchObject({
      state: 'failed',
      advice: expect.stringContaining('Remove old sessions'),
    });
  });
});

describe('the command', () => {
  const run = (args: string[]) =>
    promisify(execFile)(process.execPath, [
      join(repositoryRoot, 'bin/run.js'),
      'doctor',
      ...args,
    ]).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }) => ({ code, stdout }),
    );

  it('exits 0 with one JSON document when recording works', async () => {
    const directory = await temporaryDirectory();
    const args = ['--json', '--host', '127.0.0.1', '--port', '0', '--min-free', '0'];
    const { code, stdout } = await run([...args, '--dir', directory]);
    expect(code).toBe(0);
    const { ok, checks } = JSON.parse(stdout);
    expect(ok).toBe(true);
    expect(checks.map(({ name }: Finding) => name)).toEqual(NAMES);
  });

  it('exits 1 and says what to do when it does not', async () => {
    const directory = await temporaryDirectory();
    const { code, stdout } = await run(['--dir', directory, '--port', '0', '--min-free', '900TB']);
    expect(code).toBe(1);
    expect(stdout).toContain('Remove old sessions');
  });
});
