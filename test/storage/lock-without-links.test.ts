/**
 * The lock of a directory on a file system without hard links, as memory cards and sticks have it.
 */
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { LOCK_FILE, lockDirectory } from '../../src/lib/storage/directory-lock.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  // As Linux answers for exFAT.
  link: async () => {
    const message = 'EPERM: operation not permitted, link';
    throw Object.assign(new Error(message), { code: 'EPERM', syscall: 'link' });
  },
}));

describe('without hard links', () => {
  it('one process gets the directory, and the next one after it', async () => {
    const directory = await temporaryDirectory();
    const lock = await lockDirectory(directory);
    expect(JSON.parse(await readFile(join(directory, LOCK_FILE), 'utf8'))).toMatchObject({
      pid: process.pid,
    });
    await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'DIRECTORY_IN_USE' });
    await lock.release();
    await (await lockDirectory(directory)).release();
    expect(await readdir(directory)).toEqual([]);
  });

  it('the lock of a dead process is taken over', async () => {
    const directory = await temporaryDirectory();
    const lock = await lockDirectory(directory);
    const path = join(directory, LOCK_FILE);
    const dead = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...dead, processStart: 'long ago' }));
    const next = await lockDirectory(directory);
    await lock.release();
    expect(await readdir(directory)).toEqual([LOCK_FILE]);
    await next.release();
    expect(await readdir(directory)).toEqual([]);
  });

  it('nobody takes one that is about to be written, and anybody one that a crash left empty', async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, LOCK_FILE);
    await writeFile(path, '');
    await expect(lockDirectory(directory)).rejects.toMatchObject({
      code: 'DIRECTORY_IN_USE',
      message: expect.stringContaining('being locked by others'),
    });
    const before = Date.now() / 1000 - 6;
    await utimes(path, before, before);
    const lock = await lockDirectory(directory);
    await lock.release();
    expect(await readdir(directory)).toEqual([]);
  });
});
