/**
 * One daemon per recordings directory: a lock file that names its holder and whose modification time is its heartbeat.
 * A lock whose holder has died is no obstacle.
 */
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { type Clock, systemClock } from '../base/clock.js';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import { type ProcessIdentity, processLife, thisProcess } from './process-identity.js';

export const LOCK_FILE = '.camrec.lock';

const HEARTBEAT_MS = 5_000;

/** A holder that cannot be asked (another container, another machine) counts as dead after this silence. */
const SILENT_HOLDER_MS = 30_000;

/** Tries at taking over a dead holder's lock while others do the same. */
const MAX_TRIES = 10;

const holderSchema = v.object({
  pid: v.number(),
  host: v.string(),
  bootId: v.string(),
  processStart: v.string(),
});

export interface DirectoryLock {
  release(): Promise<void>;
}

/** The living holder of a directory's lock, or nothing. */
export async function directoryLockHolder(directory: string): Promise<ProcessIdentity | undefined> {
  return livingHolder(join(directory, LOCK_FILE));
}

/** Locks a directory for this process. Throws DIRECTORY_IN_USE, DIRECTORY_UNUSABLE. */
export async function lockDirectory(
  directory: string,
  clock: Clock = systemClock,
): Promise<DirectoryLock> {
  const path = join(directory, LOCK_FILE);
  const own = `${path}.${process.pid}`;
  try {
    await writeFile(own, `${JSON.stringify(thisProcess())}\n`, { mode: 0o600 });
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      if (await tryLink(own, path)) return holdLock(path, clock);
      const holder = await livingHolder(path);
      if (holder !== undefined) throw inUse(directory, holder);
      await removeStale(path);
    }
    throw new CamrecError('DIRECTORY_IN_USE', `${directory} is being locked by others`, {
      hint: 'Try again.',
    });
  } catch (error) {
    throw error instanceof CamrecError ? error : unusable(directory, error);
  } finally {
    await rm(own, { force: true });
  }
}

/** A link appears with its contents, or not at all: nobody ever reads half a lock. */
async function tryLink(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function holdLock(path: string, clock: Clock): DirectoryLock {
  const heartbeat = clock.every(HEARTBEAT_MS, () => {
    const now = new Date();
    // A heartbeat that fails shows as silence, which is what it is for.
    utimes(path, now, now).catch(() => {});
  });
  return {
    async release() {
      heartbeat.cancel();
      await rm(path, { force: true });
    },
  };
}

/** Moves a stale lock aside; puts it back when it turns out to be somebody's new one. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${process.pid}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    throw error;
  }
  if ((await livingHolder(aside)) !== undefined) await tryLink(aside, path);
  await rm(aside, { force: true });
}

async function livingHolder(path: string): Promise<ProcessIdentity | undefined> {
  let holder: ProcessIdentity;
  let silentMs: number;
  try {
    holder = v.parse(holderSchema, JSON.parse(await readFile(path, 'utf8')));
    silentMs = Date.now() - (await stat(path)).mtimeMs;
  } catch {
    return undefined;
  }
  const life = processLife(holder);
  const lives = life === 'alive' || (life === 'elsewhere' && silentMs < SILENT_HOLDER_MS);
  return lives ? holder : undefined;
}

function inUse(directory: string, holder: ProcessIdentity): CamrecError {
  return new CamrecError(
    'DIRECTORY_IN_USE',
    `${directory} is in use by the camrec daemon with process id ${holder.pid} on ${holder.host}`,
    { hint: 'Stop that daemon, or serve another directory with --dir.' },
  );
}

function unusable(directory: string, error: unknown): CamrecError {
  return new CamrecError('DIRECTORY_UNUSABLE', `cannot use ${directory}: ${errorMessage(error)}`, {
    hint: 'Choose a directory that you may write to with --dir.',
    cause: error,
  });
}
