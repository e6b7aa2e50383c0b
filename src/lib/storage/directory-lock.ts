/**
 * One daemon per recordings directory: a lock file that names its holder and whose modification time is its heartbeat.
 * A lock whose holder has died is no obstacle.
 */
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { link, open, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { type Clock, systemClock } from '../base/clock.js';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import { type ProcessIdentity, processLife, thisProcess } from './process-identity.js';

export const LOCK_FILE = '.camrec.lock';

const HEARTBEAT_MS = 5_000;

/** A holder that cannot be asked (another container, another machine) counts as dead after this silence. */
const SILENT_HOLDER_MS = 30_000;

/** Tries at taking over a dead holder's lock while others do the same, and the wait between them. */
const MAX_TRIES = 40;
const RETRY_MS = 25;

const holderSchema = v.object({
  pid: v.number(),
  host: v.string(),
  bootId: v.string(),
  processStart: v.string(),
  pidNamespace: v.optional(v.string()),
});

export interface DirectoryLock {
  release(): Promise<void>;
}

interface Found {
  readonly holder: ProcessIdentity | undefined;
  readonly lives: boolean;
  /** Tells this very lock file from any that comes after it. */
  readonly identity: string;
}

/** The living holder of a directory's lock, or nothing. */
export async function directoryLockHolder(directory: string): Promise<ProcessIdentity | undefined> {
  const found = await look(join(directory, LOCK_FILE));
  return found?.lives ? found.holder : undefined;
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
      const found = await look(path);
      if (found?.lives && found.holder !== undefined) throw inUse(directory, found.holder);
      if (found !== undefined && (await takeOver(own, path, found))) return holdLock(path, clock);
      await sleep(RETRY_MS);
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

/**
 * Puts this process's lock in a dead one's place. Only who holds the claim to that very lock may do so: otherwise a
 * slow process, having found the dead lock, would remove the living one that has taken its place meanwhile.
 */
async function takeOver(own: string, path: string, dead: Found): Promise<boolean> {
  const claim = `${path}.claim.${createHash('sha256').update(dead.identity).digest('hex').slice(0, 16)}`;
  if (!(await tryLink(own, claim))) {
    const claimant = await look(claim);
    if (claimant !== undefined && !claimant.lives) await rm(claim, { force: true });
    return false;
  }
  try {
    if ((await look(path))?.identity !== dead.identity) return false;
    await rename(own, path);
    return true;
  } finally {
    await rm(claim, { force: true });
  }
}

/** What stands at a lock's path; nothing where there is no file. */
async function look(path: string): Promise<Found | undefined> {
  let text: string;
  let stats: BigIntStats;
  try {
    const file = await open(path, 'r');
    try {
      stats = await file.stat({ bigint: true });
      text = await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const identity = `${stats.ino} ${stats.ctimeNs} ${text}`;
  const holder = parseHolder(text);
  if (holder === undefined) return { holder, lives: false, identity };
  const silentMs = Date.now() - Number(stats.mtimeMs);
  const life = processLife(holder);
  const lives = life === 'alive' || (life === 'elsewhere' && silentMs < SILENT_HOLDER_MS);
  return { holder, lives, identity };
}

function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    return v.parse(holderSchema, JSON.parse(text));
  } catch {
    return undefined;
  }
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
