/**
 * Makes the recordings directory this daemon's own.
 */
import type { Clock } from '../base/clock.js';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import { type DirectoryLock, lockDirectory } from '../storage/directory-lock.js';
import type { Disk } from '../storage/disk.js';

/** Makes the directory where it is not there, and locks it. Throws DIRECTORY_UNUSABLE, DIRECTORY_IN_USE. */
export async function openRecordings(
  disk: Disk,
  directory: string,
  clock: Clock,
): Promise<DirectoryLock> {
  try {
    await disk.ensureDirectory(directory);
  } catch (error) {
    const isFile = systemErrorCode(error) === 'EEXIST';
    const reason = isFile ? 'it is not a directory' : errorMessage(error);
    throw new CamrecError('DIRECTORY_UNUSABLE', `cannot use ${directory}: ${reason}`, {
      hint: 'Choose a directory that you may write to with --dir.',
      cause: error,
    });
  }
  return lockDirectory(directory, clock);
}
