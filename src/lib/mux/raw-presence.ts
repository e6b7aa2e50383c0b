/**
 * Whether a session has a raw stream with anything in it: without one there is nothing to make an MP4 of.
 */
import { join } from 'node:path';
import { CamrecError } from '../base/errors.js';
import type { Disk } from '../storage/disk.js';
import { RAW_FILE } from '../storage/session-files.js';

/** Whether there is a raw stream and it is not empty. */
export async function hasRawBytes(disk: Disk, directory: string): Promise<boolean> {
  return ((await disk.fileSize(join(directory, RAW_FILE))) ?? 0) > 0;
}

/**
 * Refuses a directory that has neither a manifest that can be read nor a raw stream. `why`: what is wrong with the
 * manifest, as a clause. Throws MANIFEST_INVALID.
 */
export async function requireRawBytes(disk: Disk, directory: string, why: string): Promise<void> {
  if (await hasRawBytes(disk, directory)) return;
  throw new CamrecError(
    'MANIFEST_INVALID',
    `There is nothing to recover: ${why}, and ${RAW_FILE} is missing or empty`,
    { hint: `Put ${RAW_FILE} back where there is a copy of it, then mux the directory again.` },
  );
}
