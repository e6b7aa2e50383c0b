/**
 * Files that somebody deletes while they are recorded: they can be written to for ever after, and nothing fails.
 */
import { CamrecError } from '../base/errors.js';
import type { Disk } from '../storage/disk.js';

/** Throws DIRECTORY_UNUSABLE where a file that is being written has no name any more. */
export async function assertNotDeleted(disk: Pick<Disk, 'fileSize'>, path: string): Promise<void> {
  if ((await disk.fileSize(path)) !== undefined) return;
  throw new CamrecError('DIRECTORY_UNUSABLE', `${path} has vanished`);
}
