/**
 * One daemon per recordings directory, by a lock file in it. A lock whose holder has died is no obstacle.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '../base/clock.js';
import { CamrecError } from '../base/errors.js';
import { type HeldLock, type Holding, type Judge, lockHolder, tryLock } from '../base/lock-file.js';
import type { ProcessIdentity } from '../base/process-identity.js';
import { unusableDirectory } from './directory-errors.js';

export const LOCK_FILE = '.camrec.lock';

const HEARTBEAT_MS = 5_000;

/** A holder that cannot be asked (another container, another machine) counts as dead after this silence. */
const SILENT_HOLDER_MS = 30_000;

/** Tries at taking over a dead holder's lock while others do the same, and the wait between them. */
const MAX_TRIES = 40;
const RETRY_MS = 25;

/** How often is looked whether a holder that cannot be asked has shown that it lives, or was silent for long enough. */
const LOOK_AGAIN_MS = 250;

export interface DirectoryLock {
  release(): Promise<void>;
}

const judge: Judge = (life, silentMs) =>
  life === 'alive' || (life === 'elsewhere' && silentMs < SILENT_HOLDER_MS);

/** The living holder of a directory's lock, or nothing. */
export async function directoryLockHolder(directory: string): Promise<ProcessIdentity | undefined> {
  return lockHolder(join(directory, LOCK_FILE), judge);
}

export interface LockDirectoryOptions {
  readonly clock?: Clock;
  /**
   * Waits for a holder that cannot be asked until it shows that it lives or counts as dead; without, it counts as living
   * at once. Called when the wait begins, with the longest time that it can take.
   */
  readonly onWait?: (holder: ProcessIdentity, atMostMs: number) => void;
}

/** Locks a directory for this process. Throws DIRECTORY_IN_USE, DIRECTORY_UNUSABLE, DISK_FULL. */
export async function lockDirectory(
  directory: string,
  { clock = systemClock, onWait }: LockDirectoryOptions = {},
): Promise<DirectoryLock> {
  let awaited: Holding | undefined;
  try {
    for (let attempt = 0; attempt < MAX_TRIES; ) {
      const tried = await tryLock(join(directory, LOCK_FILE), judge);
      if (tried.kind === 'held') return beatingLock(tried.lock, clock);
      if (tried.kind === 'contended') {
        attempt += 1;
        await sleep(RETRY_MS);
        continue;
      }
      const mayBeDead = tried.life === 'elsewhere' && tried.beatMs === (awaited ?? tried).beatMs;
      if (onWait === undefined || !mayBeDead) throw inUse(directory, tried.holder);
      if (awaited === undefined) onWait(tried.holder, tried.beatMs + SILENT_HOLDER_MS - Date.now());
      awaited = tried;
      await sleep(LOOK_AGAIN_MS);
    }
  } catch (error) {
    throw error instanceof CamrecError ? error : unusableDirectory(directory, error);
  }
  throw new CamrecError('DIRECTORY_IN_USE', `${directory} is being locked by others`, {
    hint: 'Try again.',
  });
}

function beatingLock(lock: HeldLock, clock: Clock): DirectoryLock {
  const heartbeat = clock.every(HEARTBEAT_MS, () => void lock.beat());
  return {
    async release() {
      heartbeat.cancel();
      await lock.release();
    },
  };
}

function inUse(directory: string, holder: ProcessIdentity): CamrecError {
  return new CamrecError(
    'DIRECTORY_IN_USE',
    `The directory ${directory} is in use by the camrec daemon with process id ${holder.pid} on ${holder.host}.`,
    { hint: 'Stop that daemon, or serve another directory with --dir.' },
  );
}
