/**
 * Finding start codes against looking at each byte: wherever they stand, in whatever memory, however many zeros there are.
 */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { searchableMemory, searchIn } from '../../src/lib/h264/start-code-search.js';
import { findStartCode } from '../../src/lib/h264/start-codes.js';
import { Random } from '../../src/lib/simulate/random.js';

/** Annex B, by the letter. */
function findByLooking(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 3 <= bytes.length; at += 1) {
    if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) return at;
  }
  return -1;
}

const memory = searchableMemory(200_000)?.bytes ?? new ArrayBuffer(0);

/** Bytes of which so many are zeros and ones, so that start codes, and what is nearly one, come about. */
function randomBytes(random: Random, length: number, share: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.whole(0, random.chance(share) ? 2 : 255)));
}

/** The same bytes in memory that is searched where it is, at any place in it. */
function inSearchableMemory(bytes: Buffer, at: number): Buffer {
  // What stands before and behind them belongs to no start code of theirs.
  new Uint8Array(memory).fill(0).fill(1, at + bytes.length, at + bytes.length + 3);
  const placed = Buffer.from(memory, at, bytes.length);
  bytes.copy(placed);
  return placed;
}

describe('the next start code', () => {
  it('has memory that is searched where it is', () => {
    expect(searchIn(memory)).toBeTypeOf('function');
    expect(searchIn(new ArrayBuffer(8))).toBeUndefined();
  });

  it.each([0, 0.02, 0.5, 1])('is found from every byte, with %s of zeros and ones', (share) => {
    const random = new Random('start codes', share);
    for (let round = 0; round < 60; round += 1) {
      const bytes = randomBytes(random, random.whole(0, 200), share);
      const placed = inSearchableMemory(bytes, random.whole(0, 63));
      for (let from = 0; from <= bytes.length; from += 1) {
        const expected = findByLooking(bytes, from);
        expect(findStartCode(bytes, from)).toBe(expected);
        expect(findStartCode(placed, from)).toBe(expected);
      }
    }
  });

  it('is found wherever it begins, also where pieces end that are searched one by one', () => {
    const bytes = Buffer.alloc(150_003, 2);
    for (let at = 0; at < 150_000; at += at % 4096 < 8 || at % 4096 > 4080 ? 1 : 37) {
      bytes.set([0, 0, 1], at);
      expect(findStartCode(bytes, 0)).toBe(at);
      expect(findStartCode(bytes, at + 1)).toBe(-1);
      bytes.set([0, 0, 2], at);
    }
  });

  it('is not there in zeros alone, nor where it is cut off', () => {
    expect(findStartCode(Buffer.alloc(150_000), 0)).toBe(-1);
    for (const bytes of [[], [0], [0, 0], [0, 0, 0], [0, 1], [9, 9, 0, 0]]) {
      expect(findStartCode(Buffer.from(bytes), 0)).toBe(-1);
      expect(findStartCode(inSearchableMemory(Buffer.from(bytes), 5), 0)).toBe(-1);
    }
  });
});

describe('without memory that can be searched', () => {
  const REFUSE =
    "WebAssembly.Memory = function () { throw new RangeError('could not allocate'); };";
  const SEARCH = `
    const { findStartCode } = await import('./dist/lib/h264/start-codes.js');
    const { searchableMemory } = await import('./dist/lib/h264/start-code-search.js');
    const bytes = Buffer.alloc(100_000, 5);
    const found = [65_534, 70_000].map((at) => {
      bytes.set([0, 0, 1], at);
      return findStartCode(bytes, at === 70_000 ? 65_535 : 0);
    });
    // Every order of six bytes that make start codes, or nearly.
    const orders = Array.from({ length: 3 ** 6 }, (_, n) =>
      Buffer.from([...n.toString(3).padStart(6, '0')].map(Number)),
    );
    const differ = orders.filter(
      (order) => findStartCode(order, 0) !== order.indexOf(Buffer.of(0, 0, 1)),
    );
    const hasMemory = searchableMemory(1) !== undefined;
    console.log(JSON.stringify({ found, differ, hasMemory }));
  `;

  function search(script: string, before = ''): unknown {
    const run = `${before} exec "$0" --input-type=module -e "$1"`;
    return JSON.parse(
      execFileSync('sh', ['-c', run, process.execPath, script], { encoding: 'utf8' }),
    );
  }

  it('the same is found', () => {
    const found = [65_534, 70_000];
    expect(search(SEARCH)).toEqual({ found, differ: [], hasMemory: true });
    expect(search(REFUSE + SEARCH)).toEqual({ found, differ: [], hasMemory: false });
  });

  it('as where the address space has a limit, though newer Nodes have such memory even then', () => {
    expect(search(SEARCH, 'ulimit -v 6000000;')).toMatchObject({ found: [65_534, 70_000] });
  });
});
