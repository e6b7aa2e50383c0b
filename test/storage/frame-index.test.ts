import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemDisk } from '../../src/lib/storage/disk.js';
import {
  formatIndexRow,
  INDEX_HEADER,
  type IndexRow,
  MAX_ROW_BYTES,
} from '../../src/lib/storage/frame-index.js';
import { type IndexDamage, readFrameIndex } from '../../src/lib/storage/frame-index-reader.js';
import { readRow } from '../support/index-rows.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const ROW: IndexRow = {
  sequence: 7,
  timestampMs: 123_456,
  arrivalMs: 1_748_000_000_000,
  offset: 1000,
  size: 50,
  kind: 'key',
};

const anyRow = fc.record({
  sequence: fc.nat(0xffff_ffff),
  timestampMs: fc.maxSafeNat(),
  arrivalMs: fc.maxSafeNat(),
  offset: fc.nat(2 ** 52),
  size: fc.nat(0xffff_ffff),
  kind: fc.constantFrom('config', 'key', 'delta'),
});

describe('a row', () => {
  it('has six fields', () => {
    expect(formatIndexRow(ROW)).toBe('7,123456,1748000000000,1000,50,key\n');
  });

  it('is read back as it was', () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        const text = formatIndexRow(row);
        expect(text.length).toBeLessThan(MAX_ROW_BYTES);
        expect(readRow(text.slice(0, -1))).toEqual(row);
      }),
    );
  });

  it.each([
    '',
    '7,123456,1748000000000,1000,50',
    '7,123456,1748000000000,1000,50,key,',
    '7,123456,1748000000000,1000,50,b',
    '-7,123456,1748000000000,1000,50,key',
    '7,1e3,1748000000000,1000,50,key',
    '7, 123456,1748000000000,1000,50,key',
    '4294967296,0,0,0,0,key',
    '7,0,0,0,4294967296,key',
    '7,9007199254740993,0,0,0,key',
    '7,0,0,9007199254740991,1,key',
    '7,123456,1748000000000,1000,50,key\r',
  ])('is no row: %s', (line) => {
    expect(readRow(line)).toBeTypeOf('string');
  });
});

async function read(contents: string | Buffer) {
  const path = join(await temporaryDirectory(), 'frames.csv');
  await writeFile(path, contents);
  return readAll(path);
}

async function readAll(path: string) {
  const rows: IndexRow[] = [];
  let damage: IndexDamage | undefined;
  for await (const item of readFrameIndex(systemDisk, path)) {
    expect(damage, 'nothing follows damage').toBeUndefined();
    if (item.kind === 'rows') rows.push(...item.rows);
    else damage = item.damage;
  }
  return { rows, damage };
}

const three = [0, 1, 2].map((n) => ({ ...ROW, sequence: n, offset: 50 * n }));
const whole = INDEX_HEADER + three.map(formatIndexRow).join('');

describe('the file', () => {
  it('is read whole', async () => {
    expect(await read(whole)).toEqual({ rows: three, damage: undefined });
    expect(await read(INDEX_HEADER)).toEqual({ rows: [], damage: undefined });
  });

  it('gives exactly the whole rows before a cut, wherever it is cut', async () => {
    const path = join(await temporaryDirectory(), 'frames.csv');
    for (let end = 0; end <= whole.length; end += 1) {
      await writeFile(path, whole.slice(0, end));
      const { rows, damage } = await readAll(path);
      const lines = whole.slice(0, end).split('\n').length - 1;
      expect(rows).toEqual(three.slice(0, Math.max(0, lines - 1)));
      const clean = end > 0 && whole[end - 1] === '\n';
      const reason = end === 0 ? 'the header is missing' : 'the last line is torn';
      expect(damage).toEqual(clean ? undefined : { line: lines + 1, reason, torn: true });
    }
  });

  it('trusts nothing behind a damaged row', async () => {
    const damaged = whole.replace('\n1,', '\nx,');
    expect(await read(damaged)).toEqual({
      rows: three.slice(0, 1),
      damage: { line: 3, reason: 'not a row of six fields', torn: false },
    });
  });

  it('is not read when its header is another', async () => {
    const { rows, damage } = await read(`sequence,offset\n${formatIndexRow(ROW)}`);
    expect(rows).toEqual([]);
    expect(damage).toMatchObject({ line: 1, torn: false });
  });

  it('is not held in memory when it is one line without end', async () => {
    const { damage } = await read(
      Buffer.concat([Buffer.from(INDEX_HEADER), Buffer.alloc(3e6, 65)]),
    );
    expect(damage).toMatchObject({ line: 2, reason: 'a line without end' });
  });

  it('is read in batches when it is long', async () => {
    const path = join(await temporaryDirectory(), 'frames.csv');
    await writeFile(path, INDEX_HEADER);
    const many = Array.from({ length: 30_000 }, (_, n) => ({
      ...ROW,
      sequence: n,
      offset: 50 * n,
    }));
    await appendFile(path, many.map(formatIndexRow).join(''));
    const { rows, damage } = await readAll(path);
    expect(damage).toBeUndefined();
    expect(rows).toEqual(many);
  });

  it('says what the disk says when it cannot be read', async () => {
    const nowhere = join(await temporaryDirectory(), 'nowhere.csv');
    await expect(readAll(nowhere)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
