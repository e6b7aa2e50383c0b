/**
 * Chance that can be had again: the same seed gives the same numbers on every machine.
 * The generator is xoshiro128** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators").
 */
import { createHash } from 'node:crypto';

const TWO_POW_32 = 0x1_0000_0000;

export class Random {
  readonly #state: Uint32Array;

  /** All parts together are the seed: `new Random(seed, 'sim-1', captureNumber)`. */
  constructor(...seed: readonly (number | string)[]) {
    const digest = createHash('sha256').update(JSON.stringify(seed)).digest();
    this.#state = Uint32Array.from({ length: 4 }, (_, word) => digest.readUInt32LE(4 * word));
  }

  /** From 0 up to, but not including, 1. */
  next(): number {
    return this.#word() / TWO_POW_32;
  }

  /** True with this probability, from 0 to 1. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  #word(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const third = c ^ a;
    const fourth = d ^ b;
    state[0] = a ^ fourth;
    state[1] = b ^ third;
    state[2] = third ^ (b << 9);
    state[3] = rotate(fourth, 11);
    return result;
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
