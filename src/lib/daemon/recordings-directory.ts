/**
 * Makes the recordings directory this daemon's own.
 */
import type { Clock } from '../base/clock.js';
import { systemErrorCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { unusableDirectory } from '../storage/directory-errors.js';
import { type DirectoryLock, lockDirectory } from '../storage/directory-lock.js';
import type { Disk } from '../storage/disk.js';

export interface OpenRecordingsOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Makes the directory where it is not there, and locks it; that waits where it cannot be told whether its daemon still
 * runs. Throws DIRECTORY_UNUSABLE, DIRECTORY_IN_USE, DISK_FULL.
 */
export async function openRecordings(
  directory: string,
  { disk, clock, logger }: OpenRecordingsOptions,
): Promise<DirectoryLock> {
  // What is no UTF-8 in a path is replaced before anybody sees it: not this directory is meant, but one beside it.
  if (directory.includes('\ufffd') && (await disk.fileStamp(directory)) === undefined) {
    throw unusableDirectory(directory, undefined, 'its path is not UTF-8');
  }
  try {
    await disk.ensureDirectory(directory);
  } catch (error) {
    const isFile = systemErrorCode(error) === 'EEXIST';
    const reason = isFile ? 'it is not a directory' : undefined;
    throw unusableDirectory(directory, error, reason);
  }
  return lockDirectory(directory, {
    clock,
    onWait: ({ pid, host }, atMostMs) => {
      const daemon = `the daemon with process id ${pid} on ${host}`;
      const text = `${directory} was last in use by ${daemon}, in another container or on another machine: waiting until it shows that it lives or counts as dead, ${Math.ceil(atMostMs / 1000)} s at most`;
      logger.warn({ event: 'directory.waiting', directory, pid, host, atMostMs }, text);
    },
  });
}
