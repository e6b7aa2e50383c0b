import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { INDEX_HEADER } from '../../src/lib/storage/frame-index.js';
import { INDEX_FILE, RAW_FILE } from '../../src/lib/storage/session-files.js';
import { SessionWriter } from '../../src/lib/storage/session-writer.js';
import { FaultyDisk, type Verdict } from '../support/faulty-disk.js';
import { rowsOfLines } from '../support/index-rows.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

async function filesOf(directory: string) {
  const read = (name: string) => readFile(join(directory, name)).catch(() => Buffer.alloc(0));
  const index = (await read(INDEX_FILE)).toString();
  // A crash or a full disk may tear the last line: only whole lines are rows.
  const lines = index.slice(0, index.lastIndexOf('\n') + 1).split('\n');
  const rows = rowsOfLines(lines.slice(1, -1));
  return { raw: await read(RAW_FILE), index, rows };
}

const packet = (n: number) => ({
  payload: Buffer.alloc(10 + n, n),
  row: { sequence: n, timestampMs: 100 * n, arrivalMs: 5000 + 100 * n, kind: 'delta' } as const,
});

it('writes bytes and rows that tell where they are', async () => {
  const directory = await temporaryDirectory();
  const writer = new SessionWriter(systemDisk, Promise.resolve(directory));
  for (let n = 0; n < 5; n += 1) writer.append(packet(n).payload, packet(n).row);
  expect(writer.rawLength).toBe(60);
  await writer.sync();
  const { raw, index, rows } = await filesOf(directory);
  expect(index.startsWith(INDEX_HEADER)).toBe(true);
  expect(rows.map(({ offset, size }) => raw.subarray(offset, offset + size))).toEqual(
    [0, 1, 2, 3, 4].map((n) => packet(n).payload),
  );
  expect(writer.checksums()).toEqual({
    raw: { bytes: 60, crc32: crc32(raw).toString(16).padStart(8, '0') },
    index: { bytes: index.length, crc32: crc32(index).toString(16).padStart(8, '0') },
  });
  expect([writer.pending, writer.rawWritten]).toEqual([0, 60]);
  expect(writer.written).toEqual({ packets: 5, config: 0, key: 0 });
  await writer.close();
});

it('waits for its directory, and fails when that cannot be made', async () => {
  const directory = await temporaryDirectory();
  let make: (path: string) => void = () => {};
  const made = new Promise<string>((resolve) => {
    make = resolve;
  });
  const writer = new SessionWriter(systemDisk, made);
  writer.append(packet(1).payload, packet(1).row);
  const flushed = writer.flush();
  make(directory);
  await flushed;
  expect((await filesOf(directory)).rows).toHaveLength(1);
  await writer.close();
  const failed = new SessionWriter(systemDisk, Promise.reject(new Error('no directory')));
  failed.append(packet(1).payload, packet(1).row);
  await expect(failed.flush()).rejects.toThrow('no directory');
});

describe('no row is without its bytes, and no byte is given up that a row tells of', () => {
  const verdicts: [string, Verdict][] = [
    ['ENOSPC', { fail: 'ENOSPC' }],
    ['EIO', { fail: 'EIO' }],
    ['a short write', 'shorten'],
  ];

  it.each(verdicts)('%s at any call', async (_name, verdict) => {
    const root = await temporaryDirectory();
    let calls = 20;
    for (let n = 1; n <= calls; n += 1) {
      const directory = join(root, String(n));
      await mkdir(directory);
      // The call after a short write finds the disk full.
      const disk = new FaultyDisk(systemDisk, ({ number }) =>
        number === n
          ? verdict
          : number === n + 1 && verdict === 'shorten'
            ? { fail: 'ENOSPC' }
            : 'pass',
      );
      const writer = new SessionWriter(disk, Promise.resolve(directory));
      let failed = false;
      const note = () => {
        failed = true;
      };
      for (let p = 0; p < 6; p += 1) {
        writer.append(packet(p).payload, packet(p).row);
        if (p % 2 === 1) await writer.flush().catch(note);
      }
      await writer.sync().catch(note);
      await writer.close().catch(note);
      calls = disk.calls.length;
      const { raw, rows } = await filesOf(directory);
      for (const { sequence, offset, size } of rows) {
        expect(raw.subarray(offset, offset + size)).toEqual(packet(sequence).payload);
      }
      expect(rows).toHaveLength(writer.written.packets);
      if (!failed) expect(rows).toHaveLength(6);
      else expect(writer.failure !== undefined || disk.calls[n - 1]?.name === 'close').toBe(true);
    }
  });
});

describe('makes durable', () => {
  async function synced(verdict: (name: string) => Verdict) {
    const disk = new FaultyDisk(systemDisk, ({ name, path }) =>
      name === 'sync' ? verdict(basename(path)) : 'pass',
    );
    const writer = new SessionWriter(disk, temporaryDirectory());
    writer.append(packet(0).payload, packet(0).row);
    const outcome = await writer.sync().then(
      () => 'durable',
      () => 'failed',
    );
    const order = disk.calls.filter(({ name }) => name === 'sync');
    await writer.close().catch(() => {});
    return { outcome, order: order.map(({ path }) => basename(path)) };
  }

  it('the bytes before the rows that tell of them', async () => {
    expect(await synced(() => 'pass')).toEqual({
      outcome: 'durable',
      order: [RAW_FILE, INDEX_FILE],
    });
  });

  it('no row whose bytes could not be', async () => {
    expect(await synced((name) => (name === RAW_FILE ? { fail: 'EIO' } : 'pass'))).toEqual({
      outcome: 'failed',
      order: [RAW_FILE],
    });
  });
});

it('reports a failed fsync, and never success after it', async () => {
  const disk = new FaultyDisk(systemDisk);
  const writer = new SessionWriter(disk, temporaryDirectory());
  writer.append(packet(0).payload, packet(0).row);
  await writer.flush();
  disk.decide = ({ name, path }) =>
    name === 'sync' && path.endsWith(INDEX_FILE) ? { fail: 'EIO' } : 'pass';
  await expect(writer.sync()).rejects.toMatchObject({ code: 'EIO' });
  disk.decide = () => 'pass';
  await expect(writer.sync()).rejects.toMatchObject({ code: 'EIO' });
  expect(writer.failure).toMatchObject({ code: 'EIO' });
});
