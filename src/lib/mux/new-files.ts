/**
 * Files that are being made, under names that no other run takes: `film.mp4.1234-5f2c-9a0b1c2d.new`, by process id,
 * machine and chance. The names tell which of them nobody will finish.
 */
import { createHash, randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../base/errors.js';
import { isRunning, thisProcess } from '../base/process-identity.js';
import type { Disk } from '../storage/disk.js';
import { NEW_SUFFIX } from '../storage/session-files.js';

/** A maker on another machine cannot be asked; it is taken for dead when it has written nothing for this long. */
const SILENT_MAKER_MS = 60 * 60 * 1000;

/** Where process numbers mean the same: containers may share a host name. */
const MACHINE = createHash('sha256')
  .update(`${thisProcess().host} ${thisProcess().pidNamespace}`)
  .digest('hex')
  .slice(0, 4);

// Once more at its end: the copy with the moov in front is made of the file that was made first.
const NEW_NAME = /^(.+)\.(\d+)-([0-9a-f]{4})-[0-9a-f]{8}(?:\.new)+$/;

/** Where this process makes the file that belongs at `path`; another name each time. */
export function newPathFor(path: string): string {
  return `${path}.${process.pid}-${MACHINE}-${randomBytes(4).toString('hex')}${NEW_SUFFIX}`;
}

/**
 * Removes from a directory what dead processes were making for it. `isOurs` is asked with the name that the whole file
 * would have had. A directory that cannot be read has nothing to remove.
 */
export async function removeAbandoned(
  disk: Disk,
  directory: string,
  isOurs: (name: string) => boolean,
): Promise<void> {
  for (const name of await disk.list(directory).catch(() => [])) {
    const [, made, pid, machine] = NEW_NAME.exec(name) ?? [];
    if (made === undefined || !isOurs(made)) continue;
    const path = join(directory, name);
    const abandoned = machine === MACHINE ? !isRunning(Number(pid)) : await isSilent(path);
    if (abandoned) await removeIfThere(disk, path);
  }
}

async function isSilent(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs > SILENT_MAKER_MS;
}

/** Removes a file; fine when there is none. */
export async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}
