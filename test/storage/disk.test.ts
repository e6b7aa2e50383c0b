import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
