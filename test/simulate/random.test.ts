import { expect, it } from 'vitest';
import { Random } from '../../src/lib/simulate/random.js';

/** By an implementation of its own, in big integers, from the SHA-256 of `[1,"sim-1"]`. */
const GOLDEN = [2_580_075_757, 1_672_246_767, 226_325_084, 3_360_645_580];

function draws(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.next());
}

it('gives the same numbers for the same seed on every machine', () => {
  const words = draws(new Random(1, 'sim-1'), 4).map((value) => value * 2 ** 32);
  expect(words).toEqual(GOLDEN);
});

it('gives others for another seed, or for another part of it', () => {
  const first = draws(new Random(1, 'a', 1), 10);
  for (const other of [new Random(2, 'a', 1), new Random(1, 'b', 1), new Random(1, 'a', 2)]) {
    expect(draws(other, 10)).not.toEqual(first);
  }
});

it('is spread evenly', () => {
  const tenths = new Array<number>(10).fill(0);
  for (const value of draws(new Random(3), 100_000)) {
    const tenth = Math.floor(value * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(400);
});

it('draws whole numbers with both ends, and chances as often as they say', () => {
  const random = new Random(4);
  const dice = new Set(Array.from({ length: 200 }, () => random.whole(1, 6)));
  expect([...dice].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  const hits = Array.from({ length: 10_000 }, () => random.chance(0.3)).filter(Boolean).length;
  expect(Math.abs(hits - 3000)).toBeLessThan(200);
  expect(random.chance(0)).toBe(false);
  expect(random.chance(1)).toBe(true);
});
