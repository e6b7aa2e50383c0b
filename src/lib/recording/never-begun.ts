/**
 * What is left of a session of which nothing could be written but the header of its index: it tells nobody anything, and
 * reads as a recording.
 */
import { join } from 'node:path';
import type { Disk } from '../storage/disk.js';
import { INDEX_FILE } from '../storage/session-files.js';

/**
 * Removes a session's directory and the files in it, all of them closed, unless one but the index holds a byte: rows of
 * the index follow their bytes in the stream. Rejects with what the disk throws.
 */
export async function removeIfNeverBegun(disk: Disk, directory: string): Promise<void> {
  const names = await disk.list(directory);
  for (const name of names) {
    if (name !== INDEX_FILE && (await disk.fileSize(join(directory, name))) !== 0) return;
  }
  for (const name of names) await disk.remove(join(directory, name));
  await disk.removeDirectory(directory);
}
