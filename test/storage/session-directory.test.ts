import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemDisk } from '../../src/lib/storage/disk.js';
import {
  createSessionDirectory,
  directoryTimestamp,
} from '../../src/lib/storage/session-directory.js';
import { partFile, partNumberOf } from '../../src/lib/storage/session-files.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const START = new Date(2025, 5, 1, 14, 3, 9).getTime();

it('carries client and local time', () => {
  expect(directoryTimestamp(START)).toBe('20250601_140309');
});

it('is new each time, within the same second too, and private', async () => {
  const root = await temporaryDirectory();
  const create = () => createSessionDirectory(systemDisk, root, 'bench', START);
  const names = await Promise.all([create(), create(), create()]);
  expect([...names].sort()).toEqual([
    'bench_20250601_140309',
    'bench_20250601_140309_2',
    'bench_20250601_140309_3',
  ]);
  for (const name of names) expect((await stat(join(root, name))).mode & 0o777).toBe(0o700);
});

it('goes around what is in the way, whatever that is', async () => {
  const root = await temporaryDirectory();
  await writeFile(join(root, 'bench_20250601_140309'), 'a file of that name');
  await mkdir(join(root, 'bench_20250601_140309_2'));
  expect(await createSessionDirectory(systemDisk, root, 'bench', START)).toBe(
    'bench_20250601_140309_3',
  );
});

it('says so when the recordings directory has vanished', async () => {
  const root = await temporaryDirectory();
  await rm(root, { recursive: true });
  const created = createSessionDirectory(systemDisk, root, 'bench', START);
  await expect(created).rejects.toMatchObject({ code: 'DIRECTORY_UNUSABLE' });
  await expect(created).rejects.toHaveProperty('cause.code', 'ENOENT');
});

it('keeps the reason that the disk gives', async () => {
  const root = await temporaryDirectory();
  const disk = new FaultyDisk(systemDisk, () => ({ fail: 'EROFS' }));
  const created = createSessionDirectory(disk, root, 'bench', START);
  await expect(created).rejects.toHaveProperty('cause.code', 'EROFS');
  expect(await readdir(root)).toEqual([]);
});

it('numbers the parts of the MP4', () => {
  expect([1, 2, 17].map(partFile)).toEqual(['stream.mp4', 'stream-2.mp4', 'stream-17.mp4']);
  const names = ['stream.mp4', 'stream-2.mp4', 'stream-x.mp4', 'stream.mp4.new', 'stream.h264'];
  expect(names.map(partNumberOf)).toEqual([1, 2, undefined, undefined, undefined]);
});
