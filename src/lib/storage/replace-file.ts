/**
 * Replaces a small file so that after a crash either the old or the new one is there, whole:
 * write beside it, fsync, rename, fsync of the directory.
 */
import { dirname } from 'node:path';
import type { Disk } from './disk.js';

export async function replaceFile(disk: Disk, path: string, contents: Uint8Array): Promise<void> {
  const beside = `${path}.new`;
  const file = await disk.open(beside, 'replace');
  try {
    let position = 0;
    while (position < contents.length) {
      const taken = await file.writev([contents.subarray(position)], position);
      if (taken === 0) throw new Error(`the disk took no bytes of ${beside}`);
      position += taken;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(beside, path);
  await disk.syncDirectory(dirname(path));
}
