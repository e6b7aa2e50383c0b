/**
 * One directory per session: `<client>_<YYYYMMDD_HHMMSS>`, never an existing one.
 */
import { join } from 'node:path';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import type { Disk } from './disk.js';

/** Sessions of one client within one second that can be told apart. */
const MAX_SUFFIX = 1000;

/** Local time as `YYYYMMDD_HHMMSS`. */
export function directoryTimestamp(epochMs: number): string {
  const time = new Date(epochMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  return `${date}_${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
}

/**
 * Creates a new directory for a session below `recordings` and returns its name.
 * A second session in the same second gets a suffix. Throws DIRECTORY_UNUSABLE.
 */
export async function createSessionDirectory(
  disk: Disk,
  recordings: string,
  client: string,
  startedAtMs: number,
): Promise<string> {
  const base = `${client}_${directoryTimestamp(startedAtMs)}`;
  for (let suffix = 1; suffix <= MAX_SUFFIX; suffix += 1) {
    const name = suffix === 1 ? base : `${base}_${suffix}`;
    try {
      await disk.makeDirectory(join(recordings, name));
      return name;
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') continue;
      throw new CamrecError(
        'DIRECTORY_UNUSABLE',
        `cannot create ${join(recordings, name)}: ${errorMessage(error)}`,
        { hint: 'Check that the recordings directory exists and is writable.', cause: error },
      );
    }
  }
  throw new CamrecError('DIRECTORY_UNUSABLE', `${base} exists ${MAX_SUFFIX} times over`);
}
