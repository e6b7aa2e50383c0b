import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { replaceFile } from '../../src/lib/storage/replace-file.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const NEW = 'the new contents, which are longer';

it('writes beside, syncs, renames, syncs the directory', async () => {
  const disk = new FaultyDisk(systemDisk);
  const path = join(await temporaryDirectory(), 'file');
  await replaceFile(disk, path, Buffer.from(NEW));
  expect(disk.calls.map(({ name }) => name)).toEqual([
    'open',
    'writev',
    'sync',
    'close',
    'rename',
    'syncDirectory',
  ]);
});

it('leaves the old file or the new one, whole, whichever call fails or falls short', async () => {
  const root = await temporaryDirectory();
  for (let n = 1; n <= 8; n += 1) {
    for (const verdict of [{ fail: 'EIO' }, { fail: 'ENOSPC' }, 'shorten'] as const) {
      const directory = join(root, `${n}-${typeof verdict === 'object' ? verdict.fail : verdict}`);
      await mkdir(directory);
      const path = join(directory, 'file');
      await writeFile(path, 'the old contents');
      const disk = new FaultyDisk(systemDisk, (call) => (call.number === n ? verdict : 'pass'));
      const failed = await replaceFile(disk, path, Buffer.from(NEW)).then(
        () => false,
        () => true,
      );
      const found = await readFile(path, 'utf8');
      if (!failed) expect(found).toBe(NEW);
      expect(['the old contents', NEW]).toContain(found);
      const failedLate = disk.calls[n - 1]?.name === 'syncDirectory';
      if (failed) expect(found === NEW).toBe(failedLate);
    }
  }
});

it('leaves nothing beside it when it fails, where it can', async () => {
  const directory = await temporaryDirectory();
  const disk = new FaultyDisk(systemDisk, ({ name }) =>
    name === 'writev' ? { fail: 'ENOSPC' } : 'pass',
  );
  await expect(replaceFile(disk, join(directory, 'file'), Buffer.from(NEW))).rejects.toThrow();
  expect(await readdir(directory)).toEqual([]);
});
