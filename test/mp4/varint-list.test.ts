import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VarintList } from '../../src/lib/mp4/varint-list.js';

function readBack(values: readonly number[]): number[] {
  const list = new VarintList();
  for (const value of values) list.push(value);
  const reader = list.reader();
  return Array.from({ length: list.count }, () => reader.next());
}

describe('VarintList', () => {
  it('gives back any numbers, over any number of pages', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat(), { maxLength: 400 }), (values) => {
        expect(readBack(values)).toEqual(values);
      }),
    );
  });

  it('keeps the edges of each length', () => {
    const edges = [0, 53, ...Array.from({ length: 53 }, (_, bit) => 2 ** bit)];
    const around = edges.flatMap((edge) => [Math.max(edge - 1, 0), edge, edge + 1]);
    expect(readBack(around)).toEqual(around);
    expect(readBack([Number.MAX_SAFE_INTEGER])).toEqual([Number.MAX_SAFE_INTEGER]);
  });

  it('takes a byte for what fits into seven bits', () => {
    const list = new VarintList();
    for (let count = 0; count < 1_000_000; count++) list.push(127);
    expect(list.byteLength).toBeLessThan(1_000_000 + 64 * 1024 + 1024);
  });

  it('has no values when it is empty', () => {
    expect(new VarintList().reader().next()).toBe(0);
  });
});
