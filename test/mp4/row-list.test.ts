import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowList } from '../../src/lib/mp4/row-list.js';

/** Its bytes as fields of 32 bits. */
function fieldsOf(list: RowList): number[] {
  const bytes = Buffer.concat([...list.pages()]);
  expect(bytes.length).toBe(list.size);
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32BE(4 * index));
}

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe('RowList', () => {
  it.each([1, 2, 3] as const)('gives back rows of %i fields, packed or not', (fields) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(uint32, uint32, uint32)), fc.boolean(), (rows, packed) => {
        const list = new RowList({ fields, packed });
        for (const row of rows) list.push(...row);
        expect(list.count).toBe(rows.length);
        expect(fieldsOf(list)).toEqual(rows.flatMap((row) => row.slice(0, fields)));
      }),
    );
  });

  it.each([false, true])('gives back any number of pages (packed: %s)', (packed) => {
    const list = new RowList({ fields: 2, packed });
    const expected: number[] = [];
    for (let row = 0; row < 50_000; row++) {
      list.push(row, (row * 7919) % 5);
      expected.push(row, (row * 7919) % 5);
    }
    expect(list.count).toBe(50_000);
    expect(fieldsOf(list)).toEqual(expected);
    // Reading changes nothing.
    expect(fieldsOf(list)).toEqual(expected);
  });

  it('keeps rows that are alike in a fraction of their bytes', () => {
    const list = new RowList({ fields: 2, packed: true });
    for (let row = 0; row < 1_000_000; row++) list.push(1, 2970 + (row % 3) * 90);
    expect(list.size).toBe(8_000_000);
    expect(list.byteLength).toBeLessThan(300_000);
  });

  it('takes fields modulo 2^32', () => {
    const list = new RowList({ fields: 2, packed: false });
    list.push(2 ** 32 + 5, -1);
    expect(fieldsOf(list)).toEqual([5, 0xffff_ffff]);
  });
});
