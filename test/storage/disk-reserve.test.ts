import { readdir } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { DiskReserves, SPARE_RESERVES } from '../../src/lib/storage/disk-reserve.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

it('keeps no more room than the sessions that run need, and a little', async () => {
  const directory = await temporaryDirectory();
  const reserves = new DiskReserves({ disk: systemDisk, directory, bytes: 1 });
  const taken = Array.from({ length: 20 }, () => reserves.take());
  const [running, ...ended] = taken;
  await reserves.filled();
  expect(await readdir(directory)).toHaveLength(taken.length);
  for (const reserve of ended) reserve.giveBack();
  await vi.waitFor(async () => expect(await readdir(directory)).toHaveLength(SPARE_RESERVES + 2));
  running?.giveBack();
  expect(taken).toContain(reserves.take());
  await reserves.close();
  expect(await readdir(directory)).toEqual([]);
});
