/** Where a directory would be made: what `doctor` can look at while it is not there. */
import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from '../base/errors.js';

/** The directory, or while it is not there the nearest one above it: what is missing will be made there. */
export async function nearestThere(directory: string): Promise<string> {
  try {
    await lstat(directory);
  } catch (error) {
    const above = dirname(directory);
    if (systemErrorCode(error) === 'ENOENT' && above !== directory) return nearestThere(above);
  }
  return directory;
}
