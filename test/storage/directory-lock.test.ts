import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { thisProcess } from '../../src/lib/base/process-identity.js';
import {
  directoryLockHolder,
  LOCK_FILE,
  lockDirectory,
} from '../../src/lib/storage/directory-lock.js';
import { ManualClock } from '../support/manual-clock.js';
import { inOwnPidNamespace } from '../support/pid-namespace.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { repositoryRoot } from '../support/tools.js';

it('is held by one at a time, and given back', async () => {
  const directory = await temporaryDirectory();
  const lock = await lockDirectory(directory);
  expect((await directoryLockHolder(directory))?.pid).toBe(process.pid);
  await expect(lockDirectory(directory)).rejects.toMatchObject({
    code: 'DIRECTORY_IN_USE',
    message: expect.stringContaining(String(process.pid)),
  });
  await lock.release();
  expect(await directoryLockHolder(directory)).toBeUndefined();
  await (await lockDirectory(directory)).release();
  expect(await readdir(directory)).toEqual([]);
});

it('is readable by its user alone', async () => {
  const directory = await temporaryDirectory();
  const lock = await lockDirectory(directory);
  expect((await stat(join(directory, LOCK_FILE))).mode & 0o777).toBe(0o600);
  await lock.release();
});

describe('a lock that is no obstacle', () => {
  const dead = { ...thisProcess(), pid: 2 ** 22 + 1 };
  const reused = { ...thisProcess(), processStart: '1' };
  const rebooted = { ...thisProcess(), bootId: 'another boot' };
  it.each([
    ['of a dead process', JSON.stringify(dead)],
    ['of a process whose number was given to another', JSON.stringify(reused)],
    ['from before a reboot', JSON.stringify(rebooted)],
    ['that is empty', ''],
    ['that is garbage', '{"pid":'],
  ])('one %s', async (_name, contents) => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, LOCK_FILE), contents);
    const lock = await lockDirectory(directory);
    expect(JSON.parse(await readFile(join(directory, LOCK_FILE), 'utf8'))).toMatchObject(
      thisProcess(),
    );
    await lock.release();
  });

  it.each([
    ['another machine', { host: 'another' }],
    ['another container', { pidNamespace: 'pid:[1]', pid: 2 ** 22 + 1 }],
  ])('one of %s, once that has fallen silent', async (_name, changes) => {
    const directory = await temporaryDirectory();
    const path = join(directory, LOCK_FILE);
    await writeFile(path, JSON.stringify({ ...thisProcess(), ...changes }));
    await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'DIRECTORY_IN_USE' });
    const before = new Date(Date.now() - 60_000);
    await utimes(path, before, before);
    await (await lockDirectory(directory)).release();
  });
});

it.each([
  ['who died', JSON.stringify({ ...thisProcess(), pid: 2 ** 22 + 1 })],
  ['who died before it had said who it is', ''],
])('is taken over also from %s while it took it over', async (_name, claimant) => {
  const directory = await temporaryDirectory();
  const path = join(directory, LOCK_FILE);
  const text = JSON.stringify({ ...thisProcess(), pid: 2 ** 22 + 2 });
  await writeFile(path, text);
  const { ino, ctimeNs } = await stat(path, { bigint: true });
  const digest = createHash('sha256').update(`${ino} ${ctimeNs} ${text}`).digest('hex');
  await writeFile(`${path}.claim.${digest.slice(0, 16)}`, claimant);
  const lock = await lockDirectory(directory);
  expect(await readdir(directory)).toEqual([LOCK_FILE]);
  expect((await directoryLockHolder(directory))?.pid).toBe(process.pid);
  await lock.release();
});

describe('a lock of a holder that cannot be asked', () => {
  async function lockedElsewhere(silentMs: number) {
    const directory = await temporaryDirectory();
    const path = join(directory, LOCK_FILE);
    await writeFile(path, JSON.stringify({ ...thisProcess(), host: 'another', pid: 1 }));
    const beat = (atMs: number) => utimes(path, atMs / 1000, atMs / 1000);
    await beat(Date.now() - silentMs);
    return { directory, beat };
  }

  it('is waited for until it has been silent for long enough, and that is said once', async () => {
    const { directory } = await lockedElsewhere(28_500);
    const waits: [number, number][] = [];
    const lock = await lockDirectory(directory, {
      onWait: ({ pid }, atMostMs) => waits.push([pid, Math.ceil(atMostMs / 1000)]),
    });
    expect(waits).toEqual([[1, 2]]);
    await lock.release();
  });

  it('is not waited for any longer once the holder shows that it lives', async () => {
    const { directory, beat } = await lockedElsewhere(5_000);
    const onWait = () => void beat(Date.now());
    await expect(lockDirectory(directory, { onWait })).rejects.toMatchObject({
      code: 'DIRECTORY_IN_USE',
    });
  });

  it('is not waited for when its holder can be asked', async () => {
    const directory = await temporaryDirectory();
    const lock = await lockDirectory(directory);
    const onWait = () => expect.unreachable();
    await expect(lockDirectory(directory, { onWait })).rejects.toMatchObject({
      code: 'DIRECTORY_IN_USE',
    });
    await lock.release();
  });
});

describe('a lock that another has taken over', () => {
  /** As a process that was stopped for longer than the silence finds it when it goes on. */
  async function takenOver() {
    const directory = await temporaryDirectory();
    const clock = new ManualClock();
    const lock = await lockDirectory(directory, { clock });
    const path = join(directory, LOCK_FILE);
    await writeFile(path, JSON.stringify({ ...thisProcess(), host: 'another' }));
    const silent = new Date(Date.now() - 20_000);
    await utimes(path, silent, silent);
    return { lock, clock, path };
  }

  it('stays with the other', async () => {
    const { lock, path } = await takenOver();
    await lock.release();
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ host: 'another' });
  });

  it('is not kept alive for the other', async () => {
    const { lock, clock, path } = await takenOver();
    const { mtimeMs } = await stat(path);
    clock.advance(10_000);
    await lock.release();
    expect((await stat(path)).mtimeMs).toBe(mtimeMs);
  });
});

it('shows by its time that its holder lives', async () => {
  const directory = await temporaryDirectory();
  const clock = new ManualClock();
  const lock = await lockDirectory(directory, { clock });
  const path = join(directory, LOCK_FILE);
  const before = new Date(Date.now() - 60_000);
  await utimes(path, before, before);
  clock.advance(5_000);
  await vi.waitFor(async () => {
    expect((await stat(path)).mtimeMs).toBeGreaterThan(before.getTime());
  });
  await lock.release();
});

it('is not confused by what a process of the same number is just writing', async () => {
  const directory = await temporaryDirectory();
  const theirs = join(directory, `${LOCK_FILE}.${process.pid}`);
  await writeFile(theirs, 'theirs');
  const lock = await lockDirectory(directory);
  expect(await readFile(theirs, 'utf8')).toBe('theirs');
  await lock.release();
});

it('is no failure of what was done under it where it cannot be given back', async () => {
  const directory = await temporaryDirectory();
  const lock = await lockDirectory(directory);
  await rm(join(directory, LOCK_FILE));
  await mkdir(join(directory, LOCK_FILE));
  await lock.release();
});

it('says so when the directory cannot be used', async () => {
  const directory = await temporaryDirectory();
  await rm(directory, { recursive: true });
  await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'DIRECTORY_UNUSABLE' });
});

describe('with real processes', () => {
  const modulePath = join(repositoryRoot, 'dist/lib/storage/directory-lock.js');

  /** Locks, and says `held` or the code of the refusal; when its input ends, a holder does `end`. */
  const contender = (directory: string, end: string) => `
    const { lockDirectory } = await import(${JSON.stringify(modulePath)});
    const tried = lockDirectory(${JSON.stringify(directory)});
    process.stdout.write(await tried.then(() => 'held', (error) => error.code ?? String(error)));
    for await (const _ of process.stdin);
    const lock = await tried.catch(() => undefined);
    if (lock !== undefined) { ${end} }`;

  /** `within`: a command that runs it. */
  const start = (script: string, within: readonly string[] = []) => {
    const command = [...within, process.execPath, '--input-type=module', '-e', script];
    const [program = '', ...args] = command;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const said = once(child.stdout, 'data').then(([word]) => String(word));
    const end = async () => {
      child.stdin.end();
      await exited;
    };
    return { said, end };
  };

  it('one of several that start at once gets it, a dead holder’s lock in the way', async () => {
    const directory = await temporaryDirectory();
    await writeFile(
      join(directory, LOCK_FILE),
      JSON.stringify({ ...thisProcess(), pid: 2 ** 22 + 1 }),
    );
    const release = contender(directory, 'await lock.release();');
    const contenders = Array.from({ length: 5 }, () => start(release));
    const outcomes = await Promise.all(contenders.map(({ said }) => said));
    await Promise.all(contenders.map(({ end }) => end()));
    expect(outcomes.sort()).toEqual([...Array(4).fill('DIRECTORY_IN_USE'), 'held']);
    expect(await readdir(directory)).toEqual([]);
  });

  it.skipIf(inOwnPidNamespace === undefined)(
    'one in another PID namespace leaves a living holder alone (needs unshare)',
    async () => {
      const directory = await temporaryDirectory();
      const lock = await lockDirectory(directory);
      const { said, end } = start(contender(directory, ''), inOwnPidNamespace);
      expect(await said).toBe('DIRECTORY_IN_USE');
      await end();
      await lock.release();
    },
  );

  it('a killed holder leaves no obstacle', async () => {
    const directory = await temporaryDirectory();
    const kill = "process.kill(process.pid, 'SIGKILL');";
    const { said, end } = start(contender(directory, kill));
    expect(await said).toBe('held');
    await end();
    expect(await readdir(directory)).toEqual([LOCK_FILE]);
    await (await lockDirectory(directory)).release();
  });
});
