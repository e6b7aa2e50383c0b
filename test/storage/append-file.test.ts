import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppendFile } from '../../src/lib/storage/append-file.js';
import type { DiskFile } from '../../src/lib/storage/disk.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

async function openFile(disk = new FaultyDisk(systemDisk)) {
  const path = join(await temporaryDirectory(), 'file');
  return { path, disk, file: new AppendFile(() => disk.open(path, 'create')) };
}

const text = (value: string) => [Buffer.from(value)];

it('writes what was appended, in order, once it is flushed', async () => {
  const { path, file } = await openFile();
  file.append(text('one '));
  file.append([...text('two '), ...text('three')]);
  expect([file.length, file.pending, file.written]).toEqual([13, 13, 0]);
  await file.flush();
  expect([file.length, file.pending, file.written]).toEqual([13, 0, 13]);
  expect(await readFile(path, 'utf8')).toBe('one two three');
  await file.close();
});

it('opens nothing until there is something to write', async () => {
  const { file, disk } = await openFile();
  await file.flush();
  await file.sync();
  await file.close();
  expect(disk.calls).toEqual([]);
});

it('never overwrites a file that is there', async () => {
  const { path, file } = await openFile();
  await writeFile(path, 'theirs');
  file.append(text('ours'));
  await expect(file.flush()).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await readFile(path, 'utf8')).toBe('theirs');
});

it('rewrites bytes after everything appended before, and before everything after', async () => {
  const { path, file } = await openFile();
  file.append(text('....dddd'));
  file.overwrite(0, Buffer.from('head'));
  file.append(text('tail'));
  await file.flush();
  expect(await readFile(path, 'utf8')).toBe('headddddtail');
  expect([file.length, file.written, file.pending]).toEqual([12, 12, 0]);
  await file.close();
});

it('waits for what was there before a flush, not for what comes all the while', async () => {
  const { path, file, disk } = await openFile();
  const most = 300;
  let lengthAtSync = 0;
  disk.delay = async ({ name }) => {
    if (name === 'sync') lengthAtSync = file.length;
    if (name !== 'writev' || file.length >= most) return;
    // No write ends before there is something for the next one, and somebody asks for that as well.
    file.append(text('xyz'));
    void file.flush();
  };
  file.append(text('abc'));
  await file.flush();
  expect(file.length).toBeLessThan(most);
  const { length } = file;
  await file.sync();
  expect(file.written).toBeGreaterThanOrEqual(length);
  expect(lengthAtSync).toBeLessThan(most);
  await file.close();
  expect(await readFile(path, 'utf8')).toBe(`abc${'xyz'.repeat(99)}`);
});

it('writes for all who wait at once', async () => {
  const { file, disk } = await openFile();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  disk.delay = () => held;
  const flush = () => {
    file.append(text('x'));
    return file.flush();
  };
  const first = flush();
  await new Promise(setImmediate);
  const others = Array.from({ length: 50 }, flush);
  release();
  await Promise.all([first, ...others]);
  expect(disk.calls.map(({ name }) => name)).toEqual(['open', 'writev', 'writev']);
  await file.close();
});

it('writes on its own when much is queued', async () => {
  const { path, file } = await openFile();
  file.append([Buffer.alloc(1024 * 1024, 7)]);
  await expect.poll(() => file.written).toBe(1024 * 1024);
  await file.close();
  expect((await readFile(path)).every((byte) => byte === 7)).toBe(true);
});

it('goes on after writes that took too little, wherever they ended', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.infiniteStream(fc.nat(7)), async (parts, sizes) => {
      const got: number[] = [];
      const file = new AppendFile(async () => dribbling(got, sizes));
      for (const part of parts) file.append([part]);
      await file.flush();
      expect(Buffer.from(got)).toEqual(Buffer.concat(parts));
      expect(file.pending).toBe(0);
    }),
    { numRuns: 200 },
  );
});

/** A file whose writes take some bytes, at least one. */
function dribbling(got: number[], sizes: Iterator<number>): DiskFile {
  const nothing = async () => {};
  return {
    async writev(given, position) {
      const bytes = Buffer.concat(given).subarray(0, 1 + (sizes.next().value ?? 0));
      bytes.forEach((byte, index) => {
        got[position + index] = byte;
      });
      return bytes.length;
    },
    read: async () => 0,
    sync: nothing,
    size: async () => got.length,
    close: nothing,
  };
}

describe('with two batches at once', () => {
  const MIB = 1024 * 1024;

  /** A disk whose writes end when the test lets them. */
  async function heldWrites() {
    const held: (() => void)[] = [];
    const { path, disk } = await openFile();
    const file = new AppendFile(() => disk.open(path, 'create'), 2);
    disk.delay = async ({ name }) => {
      if (name === 'writev') await new Promise<void>((release) => held.push(release));
    };
    return { path, disk, file, held };
  }

  it('begins a second one while the first is on its way, and no third', async () => {
    const { path, file, held } = await heldWrites();
    for (const value of [1, 2, 3]) {
      file.append([Buffer.alloc(MIB, value)]);
      await new Promise(setImmediate);
    }
    await expect.poll(() => held.length).toBe(2);
    const flushed = file.flush();
    // The second is through first: what is behind the hole does not count.
    held[1]?.();
    await expect.poll(() => file.pending).toBe(2 * MIB);
    expect(file.written).toBe(0);
    await expect.poll(() => held.length).toBe(3);
    held[0]?.();
    await expect.poll(() => file.written).toBe(2 * MIB);
    held[2]?.();
    await flushed;
    expect([file.written, file.pending]).toEqual([3 * MIB, 0]);
    await file.close();
    const bytes = await readFile(path);
    expect([bytes.length, bytes[0], bytes[MIB], bytes[2 * MIB]]).toEqual([3 * MIB, 1, 2, 3]);
  });

  it('rewrites bytes only when they have been written', async () => {
    const { path, file, held } = await heldWrites();
    file.append([Buffer.alloc(MIB, 1)]);
    await expect.poll(() => held.length).toBe(1);
    file.overwrite(0, Buffer.from('head'));
    const flushed = file.flush();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(held).toHaveLength(1);
    held[0]?.();
    await expect.poll(() => held.length).toBe(2);
    held[1]?.();
    await flushed;
    expect((await readFile(path, 'latin1')).slice(0, 6)).toBe('head\x01\x01');
    await file.close();
  });

  it('says what fitted in front of a batch that failed', async () => {
    const { file, disk, held } = await heldWrites();
    disk.decide = ({ name }) => (name === 'writev' && held.length === 0 ? 'shorten' : 'pass');
    file.append([Buffer.alloc(MIB, 1)]);
    await expect.poll(() => held.length).toBe(1);
    file.append([Buffer.alloc(MIB, 2)]);
    await expect.poll(() => held.length).toBe(2);
    disk.decide = () => ({ fail: 'ENOSPC' });
    for (const release of held) release();
    // What the first one has left over.
    await expect.poll(() => held.length).toBe(3);
    held[2]?.();
    await expect(file.flush()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect([file.written, file.pending]).toEqual([MIB / 2, 0]);
    file.append(text('more'));
    await expect(file.close()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect([file.written, file.pending]).toEqual([MIB / 2, 0]);
  });

  it('drains to what may wait', async () => {
    const { file, held } = await heldWrites();
    for (const value of [1, 2, 3]) {
      file.append([Buffer.alloc(MIB, value)]);
      await new Promise(setImmediate);
    }
    await expect.poll(() => held.length).toBe(2);
    let drained = false;
    const draining = file.drainTo(2 * MIB).then(() => {
      drained = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(drained).toBe(false);
    held[0]?.();
    await draining;
    expect(file.pending).toBe(2 * MIB);
    await expect.poll(() => held.length).toBe(3);
    for (const release of held) release();
    await file.close();
  });
});

describe('after a failure', () => {
  it('says what fitted, writes no more, and tells every later caller', async () => {
    const { path, file, disk } = await openFile();
    disk.decide = ({ name, number }) =>
      name !== 'writev' ? 'pass' : number === 2 ? 'shorten' : { fail: 'ENOSPC' };
    file.append(text('12345678'));
    await expect(file.flush()).rejects.toMatchObject({ code: 'ENOSPC' });
    disk.decide = () => 'pass';
    file.append(text('more'));
    await expect(file.flush()).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(file.sync()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect([file.written, file.pending]).toEqual([4, 0]);
    expect(file.failure).toMatchObject({ code: 'ENOSPC' });
    await expect(file.close()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await readFile(path, 'utf8')).toBe('1234');
    expect(disk.calls.at(-1)?.name).toBe('close');
  });

  it('never reports a later fsync as success', async () => {
    const { file, disk } = await openFile();
    disk.decide = ({ name }) => (name === 'sync' ? { fail: 'EIO' } : 'pass');
    file.append(text('x'));
    await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
    disk.decide = () => 'pass';
    await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
    await expect(file.flush()).rejects.toMatchObject({ code: 'EIO' });
    await expect(file.close()).rejects.toMatchObject({ code: 'EIO' });
  });

  it('gives up on a disk that takes nothing', async () => {
    const file = new AppendFile(async () => ({
      ...dribbling([], [][Symbol.iterator]()),
      writev: async () => 0,
    }));
    file.append(text('x'));
    await expect(file.flush()).rejects.toThrow('took no bytes');
  });
});
