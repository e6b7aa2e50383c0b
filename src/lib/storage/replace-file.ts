/**
 * Replaces a small file so that after a crash either the old or the new one is there, whole:
 * write beside it, fsync, rename, fsync of the directory.
 */
import { dirname } from 'node:path';
import type { Disk } from './disk.js';
import { NEW_SUFFIX } from './session-files.js';
import { writeAll } from './write-all.js';

/**
 * Resolves when the new contents are durable. Rejects with what the disk throws; the old file is then still there,
 * unless only its directory could not be synced.
 */
export async function replaceFile(disk: Disk, path: string, contents: Uint8Array): Promise<void> {
  const beside = `${path}${NEW_SUFFIX}`;
  try {
    await writeWhole(disk, beside, contents);
    await disk.rename(beside, path);
  } catch (error) {
    // A full disk has no room for halves; whether this works changes nothing about the failure.
    await disk.remove(beside).catch(() => {});
    throw error;
  }
  await disk.syncDirectory(dirname(path));
}

async function writeWhole(disk: Disk, path: string, contents: Uint8Array): Promise<void> {
  const file = await disk.open(path, 'replace');
  try {
    await writeAll(file, path, contents);
    await file.sync();
  } finally {
    await file.close();
  }
}
