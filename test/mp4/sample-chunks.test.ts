import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunksOf, InPlaceChunks, type SampleContents } from '../../src/lib/mp4/sample-chunks.js';

const header = Uint8Array.of(9, 9);

/** A NAL unit in memory that a file was read into: its size, the zeros before its start code, and whether it lies elsewhere. */
const nalUnit = fc.record({
  bytes: fc.integer({ min: 1, max: 2000 }),
  zeros: fc.constantFrom(1, 1, 1, 0, 2),
  elsewhere: fc.constantFrom(false, false, false, false, true),
});
const fragment = fc.array(fc.array(nalUnit, { minLength: 1, maxLength: 4 }), { maxLength: 5 });

type Unit = typeof nalUnit extends fc.Arbitrary<infer U> ? U : never;

/** Samples of these NAL units as they stand in a file, one behind the other. */
function inMemory(units: readonly (readonly Unit[])[]) {
  const bytes = units.flat().reduce((sum, unit) => sum + unit.zeros + 3 + unit.bytes, 8);
  const memory = new Uint8Array(bytes);
  let at = 0;
  const samples = units.map((sample, i) => ({
    nalUnits: sample.map((unit, j) => {
      at += unit.zeros;
      memory.set([0, 0, 1], at);
      const view = memory.subarray(at + 3, at + 3 + unit.bytes).fill(16 * i + j + 1);
      at += 3 + unit.bytes;
      return unit.elsewhere ? new Uint8Array(view) : view;
    }),
  }));
  return { memory, samples };
}

const joined = (chunks: readonly Uint8Array[] | undefined) => chunks && Buffer.concat(chunks);

describe('samples as pieces of memory', () => {
  it('are the same bytes in place, or nothing is changed', () => {
    fc.assert(
      fc.property(fragment, (units) => {
        const { memory, samples } = inMemory(units);
        const before = Buffer.from(memory);
        const expected = joined(chunksOf(header, samples));
        const chunks = new InPlaceChunks(memory.buffer).of(header, samples);
        const all = units.flat();
        expect(chunks === undefined).toBe(all.some((unit) => unit.elsewhere || unit.zeros === 0));
        if (chunks === undefined) expect(before.equals(memory)).toBe(true);
        else expect(joined(chunks)?.equals(expected as Buffer)).toBe(true);
      }),
    );
  });

  it('are one piece behind the header where they follow each other in the file', () => {
    const unit: Unit = { bytes: 500, zeros: 1, elsewhere: false };
    const { memory, samples } = inMemory([[unit, unit], [unit]]);
    expect(new InPlaceChunks(memory.buffer).of(header, samples)).toHaveLength(2);
  });

  it('are not written over what stands at the beginning of memory', () => {
    const memory = Uint8Array.of(0, 0, 1, 5);
    const samples: SampleContents[] = [{ nalUnits: [memory.subarray(3)] }];
    expect(new InPlaceChunks(memory.buffer).of(header, samples)).toBeUndefined();
  });
});
