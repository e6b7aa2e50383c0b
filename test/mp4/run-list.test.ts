import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunList } from '../../src/lib/mp4/run-list.js';

function expand(list: RunList): number[] {
  const reader = list.reader();
  const values: number[] = [];
  for (let runs = list.runs; runs > 0; runs--) {
    reader.next();
    for (let left = reader.length; left > 0; left--) values.push(reader.value);
  }
  return values;
}

describe('RunList', () => {
  it('gives back any values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 })), (values) => {
        const list = new RunList();
        for (const value of values) list.push(value);
        expect(expand(list)).toEqual(values);
      }),
    );
  });

  it('counts one run while the values are equal', () => {
    const list = new RunList();
    expect(list.runs).toBe(0);
    for (let count = 0; count < 1000; count++) list.push(-2_147_483_648);
    expect(list.runs).toBe(1);
    list.push(2_147_483_647);
    expect(list.runs).toBe(2);
    expect(expand(list).at(-1)).toBe(2_147_483_647);
    expect(expand(list)[0]).toBe(-2_147_483_648);
  });
});
