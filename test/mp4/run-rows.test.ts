import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunRows } from '../../src/lib/mp4/run-rows.js';

function expand(runs: RunRows): number[] {
  const bytes = Buffer.concat([...runs.pages()]);
  expect(bytes.length).toBe(8 * runs.count);
  const values: number[] = [];
  for (let at = 0; at < bytes.length; at += 8) {
    for (let left = bytes.readUInt32BE(at); left > 0; left--)
      values.push(bytes.readInt32BE(at + 4));
  }
  return values;
}

describe('RunRows', () => {
  it('gives back any values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 })), (values) => {
        const runs = new RunRows();
        for (const value of values) runs.push(value);
        expect(expand(runs)).toEqual(values);
      }),
    );
  });

  it('counts one run while the values are equal', () => {
    const runs = new RunRows();
    expect(runs.count).toBe(0);
    for (let count = 0; count < 1000; count++) runs.push(-2_147_483_648);
    expect(runs.count).toBe(1);
    runs.push(2_147_483_647);
    expect(runs.count).toBe(2);
    expect(expand(runs)[0]).toBe(-2_147_483_648);
    expect(expand(runs).at(-1)).toBe(2_147_483_647);
  });
});
