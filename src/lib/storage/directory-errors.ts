/**
 * What is wrong with a directory of recordings that cannot be listed, or not be recorded to.
 */
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import { needsRoom } from './reserved-disk.js';

/** The error for `cause`, which listing `directory` gave. */
export function unreadableDirectory(directory: string, cause: unknown): CamrecError {
  return new CamrecError('DIRECTORY_UNUSABLE', sentence(directory, cause), {
    hint: 'Name the recordings directory with --dir.',
    cause,
  });
}

/** The error for `cause`, which kept `directory` from being recorded to; `reason` where its message says too little. */
export function unusableDirectory(
  directory: string,
  cause: unknown,
  reason = errorMessage(cause),
): CamrecError {
  const message = `The directory ${directory} cannot be used: ${reason}.`;
  if (needsRoom(cause)) {
    const hint = 'Make room on that disk, or choose a directory on another one with --dir.';
    return new CamrecError('DISK_FULL', message, { hint, cause });
  }
  const hint = 'Choose a directory that you may write to with --dir.';
  return new CamrecError('DIRECTORY_UNUSABLE', message, { hint, cause });
}

function sentence(directory: string, cause: unknown): string {
  switch (systemErrorCode(cause)) {
    case 'ENOENT':
      return `There is no directory ${directory}.`;
    case 'ENOTDIR':
      return `${directory} is not a directory.`;
    default:
      return `The directory ${directory} cannot be read: ${errorMessage(cause)}.`;
  }
}
