import { statfs } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { largestFile } from '../../src/lib/storage/largest-file.js';

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>();
  return { ...fs, statfs: vi.fn(fs.statfs) };
});

it('is a byte less than 4 GiB on FAT', async () => {
  vi.mocked(statfs).mockResolvedValueOnce({ type: 0x4d44 } as Awaited<ReturnType<typeof statfs>>);
  expect(await largestFile('/')).toBe(2 ** 32 - 1);
});
