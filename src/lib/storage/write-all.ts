/**
 * Writing all of what is given: a nearly full disk takes fewer bytes, and fails only at the next call.
 */
import type { DiskFile } from './disk.js';

/** Writes the bytes at the beginning of the file at `path`. Rejects with what the disk throws. */
export async function writeAll(file: DiskFile, path: string, bytes: Uint8Array): Promise<void> {
  let position = 0;
  while (position < bytes.length) {
    const taken = await file.writev([bytes.subarray(position)], position);
    if (taken === 0) throw new Error(`the disk took no bytes of ${path}`);
    position += taken;
  }
}
