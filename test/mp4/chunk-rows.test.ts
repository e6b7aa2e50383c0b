import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkRows } from '../../src/lib/mp4/chunk-rows.js';

/** The offsets as the rows of the table say them. */
function offsetsOf(chunks: ChunkRows, shift: number): number[] {
  const bytes = Buffer.concat([...chunks.offsetPages(shift)]);
  return chunks.isLarge(shift)
    ? Array.from({ length: bytes.length / 8 }, (_, i) => Number(bytes.readBigUInt64BE(8 * i)))
    : Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32BE(4 * i));
}

function chunksAt(offsets: readonly number[]): ChunkRows {
  const chunks = new ChunkRows();
  for (const offset of offsets) chunks.push(offset, 1);
  return chunks;
}

describe('ChunkRows', () => {
  it('gives back offsets of any size, moved by any way', () => {
    const gap = fc.integer({ min: 1, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.array(gap, { minLength: 1 }), fc.nat(100_000), (gaps, shift) => {
        let at = 0;
        const offsets = gaps.map((bytes) => {
          at += bytes;
          return at;
        });
        const chunks = chunksAt(offsets);
        expect(chunks.count).toBe(offsets.length);
        expect(chunks.lastOffset).toBe(at);
        expect(offsetsOf(chunks, shift)).toEqual(offsets.map((offset) => offset + shift));
      }),
    );
  });

  it('needs 64 bits from 4 GiB on, and not a byte before', () => {
    const chunks = chunksAt([1000, 2 ** 32 - 1]);
    expect(chunks.isLarge(0)).toBe(false);
    expect(offsetsOf(chunks, 0)).toEqual([1000, 2 ** 32 - 1]);
    expect(chunks.isLarge(1)).toBe(true);
    expect(offsetsOf(chunks, 1)).toEqual([1001, 2 ** 32]);
  });

  it('gives back a terabyte in chunks of 16 MiB', () => {
    const offsets = Array.from({ length: 65_536 }, (_, index) => 1000 + index * 2 ** 24);
    expect(offsetsOf(chunksAt(offsets), 0)).toEqual(offsets);
  });

  it('tells of equal chunks once', () => {
    const chunks = new ChunkRows();
    [8, 8, 8, 7, 8, 8].forEach((samples, index) => {
      chunks.push(1000 * index, samples);
    });
    const bytes = Buffer.concat([...chunks.runPages()]);
    expect(chunks.runs).toBe(3);
    const fields = Array.from({ length: 9 }, (_, index) => bytes.readUInt32BE(4 * index));
    expect(fields).toEqual([1, 8, 1, 4, 7, 1, 5, 8, 1]);
  });
});
