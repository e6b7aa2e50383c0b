import { createHash } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ReadAhead } from '../../src/lib/readback/read-ahead.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Bytes that are nowhere the same twice. */
function noise(bytes: number): Buffer {
  const pieces: Buffer[] = [];
  for (let n = 0; n * 64 < bytes; n += 1) {
    pieces.push(createHash('sha512').update(String(n)).digest());
  }
  return Buffer.concat(pieces, bytes);
}

const contents = noise(24 * 1024 * 1024);

async function noiseFile(): Promise<string> {
  const path = join(await temporaryDirectory(), 'noise');
  await writeFile(path, contents);
  return path;
}

describe('reading ahead', () => {
  it.each([
    ['small packets', [100, 5000, 0, 70_000]],
    ['packets of all sizes', [1, 300_000, 90_000, 20, 600_000]],
    ['packets larger than a block', [10, 1_500_000, 40_000, 2_500_000]],
    ['packets as large as a block', [1024 * 1024]],
  ])('gives %s, and leaves alone what is still in use', async (_what, sizes) => {
    let neededFrom = 0;
    const reader = await ReadAhead.open(systemDisk, await noiseFile(), async () => neededFrom);
    const inUse: { offset: number; view: Buffer }[] = [];
    let offset = 0;
    for (let n = 0; offset < contents.length; n += 1) {
      const size = Math.min(sizes[n % sizes.length] ?? 0, contents.length - offset);
      const view = reader.view(offset, size) ?? (await reader.read(offset, size));
      inUse.push({ offset, view });
      if (inUse.length > 5) inUse.shift();
      neededFrom = inUse[0]?.offset ?? 0;
      for (const { offset: at, view: kept } of inUse) {
        if (!kept.equals(contents.subarray(at, at + kept.length))) throw new Error(`at ${at}`);
      }
      offset += size;
    }
    expect(offset).toBe(contents.length);
    await reader.close();
  });

  it('keeps everything as long as nothing is given up', async () => {
    const reader = await ReadAhead.open(systemDisk, await noiseFile(), async () => 0);
    const views: Buffer[] = [];
    for (let offset = 0; offset < contents.length; offset += 256 * 1024) {
      views.push(reader.view(offset, 256 * 1024) ?? (await reader.read(offset, 256 * 1024)));
    }
    expect(Buffer.concat(views).equals(contents)).toBe(true);
    await reader.close();
  });

  it('fails where the file has become shorter, and where the disk fails', async () => {
    const path = await noiseFile();
    const reader = await ReadAhead.open(systemDisk, path, async () => 0);
    await truncate(path, 2_000_000);
    await expect(reader.read(0, 3_000_000)).rejects.toThrow('shorter');
    await reader.close();
    const disk = new FaultyDisk(systemDisk, ({ name }) =>
      name === 'read' ? { fail: 'EIO' } : 'pass',
    );
    const failing = await ReadAhead.open(disk, path, async () => 0);
    await expect(failing.read(0, 10)).rejects.toMatchObject({ code: 'EIO' });
    await failing.close();
  });
});
