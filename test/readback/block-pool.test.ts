import { describe, expect, it } from 'vitest';
import { BlockPool, POOLED_BLOCKS } from '../../src/lib/readback/block-pool.js';

const BYTES = 100;
const make = () => Buffer.alloc(BYTES);

/** Takes and lends so many blocks, one after the other; gives the different ones among them. */
async function differentBlocks(pool: BlockPool, count: number): Promise<Set<Buffer>> {
  const seen = new Set<Buffer>();
  for (let number = 1; number <= count; number += 1) {
    const block = await pool.take();
    expect(block).toHaveLength(BYTES);
    seen.add(block);
    pool.lend(block, number * BYTES);
  }
  return seen;
}

describe('the pool of blocks', () => {
  it('uses a few blocks again and again while nobody needs what is in them', async () => {
    let wanted = 0;
    const pool = new BlockPool(make, async (offset) => {
      wanted = offset;
      return offset;
    });
    expect((await differentBlocks(pool, 1000)).size).toBeLessThanOrEqual(POOLED_BLOCKS);
    expect(wanted).toBeGreaterThan(900 * BYTES);
  });

  it('leaves alone what is needed, and takes more memory meanwhile', async () => {
    let neededFrom = 0;
    const pool = new BlockPool(make, async () => neededFrom);
    const first = await differentBlocks(pool, 20);
    expect(first.size).toBe(20);
    neededFrom = 10 * BYTES;
    const again = await pool.take();
    expect([...first].slice(0, 10)).toContain(again);
  });

  it('never gives a block out twice', async () => {
    const pool = new BlockPool(make, async (offset) => offset);
    await differentBlocks(pool, 20);
    const taken = new Set<Buffer>();
    for (let number = 0; number < 20; number += 1) taken.add(await pool.take());
    expect(taken.size).toBe(20);
  });

  it('remembers no more than so many blocks that never come back', async () => {
    const pool = new BlockPool(make, async () => 0);
    const seen = await differentBlocks(pool, 200);
    expect(seen.size).toBe(200);
    const later = new BlockPool(make, async () => 200 * BYTES);
    for (const [number, block] of [...seen].entries()) later.lend(block, (number + 1) * BYTES);
    // The first ones are forgotten: whoever looks at them may go on for as long as it likes.
    const returned = new Set<Buffer>();
    for (let number = 0; number < POOLED_BLOCKS; number += 1) returned.add(await later.take());
    const remembered = new Set([...seen].slice(-64));
    expect([...returned].every((block) => remembered.has(block))).toBe(true);
  });
});
