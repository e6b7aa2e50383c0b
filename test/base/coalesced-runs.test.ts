import { expect, it } from 'vitest';
import { CoalescedRuns } from '../../src/lib/base/coalesced-runs.js';

/** Runs that end when the test says so. */
function heldRuns() {
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  let together = 0;
  const runs = new CoalescedRuns(async () => {
    together += 1;
    expect(together, 'one at a time').toBe(1);
    await new Promise<void>((resolve, reject) => ends.push({ resolve, reject })).finally(() => {
      together -= 1;
    });
  });
  return { runs, ends, settled: () => new Promise(setImmediate) };
}

it('runs one at a time, and once more for all who asked meanwhile', async () => {
  const { runs, ends, settled } = heldRuns();
  const first = runs.run();
  await settled();
  expect(runs.running).toBe(first);
  const others = [runs.run(), runs.run(), runs.run()];
  expect(new Set(others).size).toBe(1);
  ends[0]?.resolve();
  await settled();
  expect(ends).toHaveLength(2);
  ends[1]?.resolve();
  await Promise.all(others);
  expect([ends.length, runs.running]).toEqual([2, undefined]);
});

it('tells each of its own run, and goes on after one that failed', async () => {
  const { runs, ends, settled } = heldRuns();
  const first = runs.run();
  await settled();
  const second = runs.run();
  ends[0]?.reject(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await settled();
  ends[1]?.resolve();
  await second;
});

it('may be asked by its own work', async () => {
  let times = 0;
  let again: Promise<void> | undefined;
  const runs = new CoalescedRuns(async () => {
    times += 1;
    if (times === 1) again = runs.run();
  });
  await runs.run();
  await again;
  expect(times).toBe(2);
});
