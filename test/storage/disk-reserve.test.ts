import { readdir } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { DiskReserves, SPARE_RESERVES } from '../../src/lib/storage/disk-reserve.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** A busy machine takes its time. */
const LONG = { timeout: 20_000 };

it('keeps no more room than the sessions that run need, and a little', async () => {
  const directory = await temporaryDirectory();
  const reserves = new DiskReserves({ disk: systemDisk, directory, bytes: 1 });
  const taken = Array.from({ length: 20 }, () => reserves.take());
  const [running, ...ended] = taken;
  await reserves.filled();
  expect(await readdir(directory)).toHaveLength(taken.length);
  for (const reserve of ended) reserve.giveBack();
  await vi.waitFor(
    async () => expect(await readdir(directory)).toHaveLength(SPARE_RESERVES + 2),
    LONG,
  );
  running?.giveBack();
  expect(taken).toContain(reserves.take());
  await reserves.close();
  await vi.waitFor(async () => expect(await readdir(directory)).toEqual([]), LONG);
});

/** Reserves of which the n-th cannot be filled. */
async function faulty(failing: number) {
  const directory = await temporaryDirectory();
  let writes = 0;
  const disk = new FaultyDisk(systemDisk, ({ name }) => {
    if (name === 'writev') writes += 1;
    return writes === failing && name === 'writev' ? { fail: 'EDQUOT' } : 'pass';
  });
  return { directory, reserves: new DiskReserves({ disk, directory, bytes: 1 }) };
}

it.each([
  ['after', async (reserves: DiskReserves) => reserves.filled()],
  ['before', async () => {}],
])(
  'gives the next session another room where one could not be filled, given back %s that',
  async (_, wait) => {
    const { directory, reserves } = await faulty(1);
    const broken = reserves.take();
    await wait(reserves);
    broken.giveBack();
    await reserves.filled();
    expect(broken.bytes).toBe(0);
    const next = reserves.take();
    await reserves.filled();
    expect(next.bytes).toBeGreaterThan(0);
    await reserves.close();
    await vi.waitFor(async () => expect(await readdir(directory)).toEqual([]), LONG);
  },
);

it('frees the room that there is, be it not that of the last one given back', async () => {
  const { directory, reserves } = await faulty(2);
  const [full, empty] = [reserves.take(), reserves.take()];
  full.giveBack();
  empty.giveBack();
  await reserves.filled();
  await empty.releaseSpare();
  expect(await readdir(directory)).toEqual([]);
});
