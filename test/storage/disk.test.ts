import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readlink, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemDisk } from '../../src/lib/storage/disk.js';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'camrec-disk-'));
});

afterEach(() => rm(root, { recursive: true }));

describe('ensureDirectory', () => {
  it('makes a directory and its parents, private to the user, and is content when they are there', async () => {
    const path = join(root, 'a/b/c');
    await Promise.all([systemDisk.ensureDirectory(path), systemDisk.ensureDirectory(path)]);
    await systemDisk.ensureDirectory(path);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it('refuses a file in its place', async () => {
    const path = join(root, 'file');
    await writeFile(path, '');
    await expect(systemDisk.ensureDirectory(path)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(systemDisk.ensureDirectory(join(path, 'below'))).rejects.toMatchObject({
      code: 'ENOTDIR',
    });
  });

  it.skipIf(process.platform !== 'linux')('ends where no directory can be', async () => {
    await expect(systemDisk.ensureDirectory('/proc/nope/deep')).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

describe.skipIf(process.platform !== 'linux')('what a power cut must not take', () => {
  // Neither of these can be synced (fsync(2), EINVAL): only who asks for it is told.
  it('is asked for of contents, and of names', async () => {
    const file = await systemDisk.open('/dev/null', 'read');
    await expect(file.sync()).rejects.toThrow(/^EINVAL: .*fdatasync '\/dev\/null'$/);
    await file.close();
    await expect(systemDisk.syncDirectory('/proc')).rejects.toThrow(/^EINVAL: .*fsync/);
  });

  it('leaves no directory open', async () => {
    await systemDisk.syncDirectory(root);
    const open = (await readdir('/proc/self/fd')).map((fd) =>
      readlink(`/proc/self/fd/${fd}`).catch(() => ''),
    );
    expect(await Promise.all(open)).not.toContain(root);
  });
});

it('tells the size of a file, and of nothing else', async () => {
  const path = join(root, 'file');
  expect(await systemDisk.fileSize(path)).toBeUndefined();
  await writeFile(path, 'twelve bytes');
  expect(await systemDisk.fileSize(path)).toBe(12);
  expect(await systemDisk.fileSize(root)).toBeUndefined();
  await expect(systemDisk.fileSize(join(path, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

it('has another stamp for a file that was written again, be it with as many bytes', async () => {
  const path = join(root, 'file');
  expect(await systemDisk.fileStamp(path)).toBeUndefined();
  expect(await systemDisk.fileStamp(join(root, 'none', 'file'))).toBeUndefined();
  await writeFile(path, 'one');
  const before = await systemDisk.fileStamp(path);
  expect(await systemDisk.fileStamp(path)).toBe(before);
  await writeFile(path, 'two');
  await utimes(path, 1e9, 1e9);
  expect(await systemDisk.fileStamp(path)).not.toBe(before);
  expect(await systemDisk.fileStamp(join(path, 'below'))).toBeUndefined();
});

it.skipIf(process.platform !== 'linux')('tells the bytes that df tells', async () => {
  const df = await promisify(execFile)('df', ['--block-size=1', '--output=avail', root]);
  const told = Number(df.stdout.split('\n')[1]);
  // Others write meanwhile.
  expect(Math.abs((await systemDisk.freeBytes(root)) - told)).toBeLessThan(0.1 * told);
});

it.skipIf(!existsSync('/dev/full'))('names the file that cannot be read or written', async () => {
  const file = await systemDisk.open('/dev/full', 'replace');
  const failing = file.writev([Buffer.from('x')], 0);
  await expect(failing).rejects.toThrow(/^ENOSPC: .*, write '\/dev\/full'$/);
  await file.close();
  const directory = await systemDisk.open(root, 'read');
  await expect(directory.read(Buffer.alloc(1), 0)).rejects.toThrow(`'${root}'`);
  await expect(systemDisk.readFile(root)).rejects.toThrow(/^EISDIR: .*read '[^']*'$/);
  const missing = join(root, 'missing');
  await expect(systemDisk.readFile(missing)).rejects.toThrow(/^ENOENT: .*open '[^']*'$/);
  await directory.close();
});
