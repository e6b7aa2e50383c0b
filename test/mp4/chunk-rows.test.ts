import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkRows } from '../../src/lib/mp4/chunk-rows.js';

/** The offsets as the rows of the table say them. */
function offsetsOf(chunks: ChunkRows): number[] {
  const bytes = Buffer.concat([...chunks.offsetPages()]);
  return chunks.isLarge
    ? Array.from({ length: bytes.length / 8 }, (_, i) => Number(bytes.readBigUInt64BE(8 * i)))
    : Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32BE(4 * i));
}

function chunksAt(offsets: readonly number[]): ChunkRows {
  const chunks = new ChunkRows();
  for (const offset of offsets) chunks.push(offset, 1);
  return chunks;
}

describe('ChunkRows', () => {
  it('gives back offsets of any size', () => {
    const gap = fc.integer({ min: 1, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.array(gap, { minLength: 1 }), (gaps) => {
        let at = 0;
        const offsets = gaps.map((bytes) => {
          at += bytes;
          return at;
        });
        const chunks = chunksAt(offsets);
        expect(chunks.count).toBe(offsets.length);
        expect(chunks.lastOffset).toBe(at);
        expect(offsetsOf(chunks)).toEqual(offsets);
      }),
    );
  });

  it('needs 64 bits from 4 GiB on, and not a byte before', () => {
    for (const last of [2 ** 32 - 1, 2 ** 32]) {
      const chunks = chunksAt([1000, last]);
      expect(chunks.isLarge).toBe(last === 2 ** 32);
      expect(offsetsOf(chunks)).toEqual([1000, last]);
    }
  });

  it('gives back a terabyte in chunks of 16 MiB', () => {
    const offsets = Array.from({ length: 65_536 }, (_, index) => 1000 + index * 2 ** 24);
    expect(offsetsOf(chunksAt(offsets))).toEqual(offsets);
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
