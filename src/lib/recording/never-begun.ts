/**
 * What is left of a session of which neither a manifest nor a byte of the stream could be written: it tells nobody
 * anything, and reads as a recording.
 */
import { join } from 'node:path';
import type { Disk } from '../storage/disk.js';

/** Removes the session's directory and the files in it, all of them closed. Rejects with what the disk throws. */
export async function removeNeverBegun(disk: Disk, directory: string): Promise<void> {
  for (const name of await disk.list(directory)) await disk.remove(join(directory, name));
  await disk.removeDirectory(directory);
}
