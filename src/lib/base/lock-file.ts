/**
 * A lock that is a file naming its holder. It appears whole or not at all, its modification time is its heartbeat, and
 * of several that find a dead holder's lock one gets it.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import {
  type FileHandle,
  link,
  open,
  readFile,
  rename,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import * as v from 'valibot';
import { systemErrorCode } from './errors.js';
import { lacksHardLinks } from './hard-links.js';
import {
  type ProcessIdentity,
  type ProcessLife,
  processLife,
  thisProcess,
} from './process-identity.js';

const holderSchema = v.object({
  pid: v.number(),
  host: v.string(),
  bootId: v.string(),
  processStart: v.string(),
  pidNamespace: v.optional(v.string()),
});

/**
 * Where there are no hard links, an empty lock file is about to be written, or was left so by a crash that is longer
 * ago. Milliseconds from its modification time, which FAT gives in steps of two seconds.
 */
const BEING_WRITTEN_MS = 5_000;

/** Whether the holder of a lock counts as living, by what is known of its process and how long it has been silent. */
export type Judge = (life: ProcessLife, silentMs: number) => boolean;

/** A lock that this process has. */
export interface HeldLock {
  /** Shows that its holder lives. Never rejects: one that fails shows as silence, which is what it is for. */
  beat(): Promise<void>;
  /**
   * Gives it back; one that another has taken over meanwhile stays with the other. Never rejects: what was done under it is
   * done, and where it cannot be removed it is no obstacle any more once this process has ended.
   */
  release(): Promise<void>;
}

/** Who has a lock. */
export interface Holding {
  readonly holder: ProcessIdentity;
  readonly life: ProcessLife;
  /** When it last showed that it lives, milliseconds since the epoch. */
  readonly beatMs: number;
}

export type LockAttempt =
  | { readonly kind: 'held'; readonly lock: HeldLock }
  /** Somebody has it who counts as living. */
  | ({ readonly kind: 'taken' } & Holding)
  /** Others are at it at this very moment: worth another attempt. */
  | { readonly kind: 'contended' };

interface Found {
  /** Nothing where the file names nobody. */
  readonly holding: Holding | undefined;
  /** Where there are no hard links, somebody may be about to write it. */
  readonly isNewAndEmpty: boolean;
  readonly lives: boolean;
  /** Tells this very lock file from any that comes after it. */
  readonly identity: string;
}

/** The living holder of a lock, or nothing. Rejects with what the disk says. */
export async function lockHolder(path: string, judge: Judge): Promise<ProcessIdentity | undefined> {
  const found = await look(path, judge);
  return found?.lives ? found.holding?.holder : undefined;
}

/** Tries once to get a lock. Rejects with what the disk says. */
export async function tryLock(path: string, judge: Judge): Promise<LockAttempt> {
  const found = await look(path, judge);
  if (found?.lives && found.holding !== undefined) return { kind: 'taken', ...found.holding };
  // Processes of two containers can have the same number, and so can two locks of one process.
  const token = randomBytes(8).toString('hex');
  const own = `${path}.${process.pid}.${token}`;
  const text = `${JSON.stringify({ ...thisProcess(), token })}\n`;
  try {
    await writeFile(own, text, { mode: 0o600 });
    if (found?.isNewAndEmpty && !(await canLink(own))) return { kind: 'contended' };
    const isOurs = await (found === undefined
      ? tryPlace(own, path)
      : takeOver(own, path, found, judge));
    return isOurs ? { kind: 'held', lock: heldLock(path, text) } : { kind: 'contended' };
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * Puts this process's lock in a dead one's place. Only who holds the claim to that very lock may do so: otherwise a
 * slow process, having found the dead lock, would remove the living one that has taken its place meanwhile.
 */
async function takeOver(own: string, path: string, dead: Found, judge: Judge): Promise<boolean> {
  const digest = createHash('sha256').update(dead.identity).digest('hex');
  const claim = `${path}.claim.${digest.slice(0, 16)}`;
  if (!(await tryPlace(own, claim))) {
    const claimant = await look(claim, judge);
    if (claimant === undefined || claimant.lives) return false;
    // A claim is itself a lock: of several that find its holder dead, one gets it.
    if (!(await takeOver(own, claim, claimant, judge))) return false;
  }
  if ((await look(path, judge))?.identity !== dead.identity) {
    await rm(claim, { force: true });
    return false;
  }
  await rename(claim, path);
  return true;
}

/** Puts a copy of `own` where nothing stands yet; false where something does. */
async function tryPlace(own: string, path: string): Promise<boolean> {
  try {
    // A link appears with its contents, or not at all: nobody ever reads half a lock.
    await link(own, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    if (!lacksHardLinks(error)) throw error;
  }
  return tryCreate(path, await readFile(own));
}

/** Whether the file system of a file has hard links. */
async function canLink(path: string): Promise<boolean> {
  const other = `${path}.link`;
  try {
    await link(path, other);
    return true;
  } catch (error) {
    if (lacksHardLinks(error)) return false;
    throw error;
  } finally {
    await rm(other, { force: true });
  }
}

/** The same on a file system without hard links: for a moment the file is there and empty. */
async function tryCreate(path: string, contents: Uint8Array): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', 0o600);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await file.writeFile(contents);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return true;
}

/** `text`: what stands in the lock while it is this one. */
function heldLock(path: string, text: string): HeldLock {
  // A holder that was stopped for long may have been taken over: what stands there may be another's.
  const isOurs = async () => (await read(path))?.text === text;
  const giveBack = async () => {
    if (await isOurs()) await rm(path, { force: true });
  };
  let beating: Promise<void> = Promise.resolve();
  const beat = async () => {
    const now = new Date();
    if (await isOurs()) await utimes(path, now, now);
  };
  return {
    beat: () => {
      beating = beating.then(beat).catch(() => {});
      return beating;
    },
    async release() {
      await beating;
      await giveBack().catch(() => {});
    },
  };
}

/** What stands at a lock's path; nothing where there is no file. */
async function look(path: string, judge: Judge): Promise<Found | undefined> {
  const file = await read(path);
  if (file === undefined) return undefined;
  const { text, stats } = file;
  const identity = `${stats.ino} ${stats.ctimeNs} ${text}`;
  const holder = parseHolder(text);
  const beatMs = Number(stats.mtimeMs);
  const silentMs = Date.now() - beatMs;
  const isNewAndEmpty = text === '' && silentMs < BEING_WRITTEN_MS;
  const found = { isNewAndEmpty, identity };
  if (holder === undefined) return { ...found, holding: undefined, lives: false };
  const holding = { holder, life: processLife(holder), beatMs };
  const lives = judge(holding.life, silentMs);
  return { ...found, holding, lives };
}

async function read(path: string): Promise<{ text: string; stats: BigIntStats } | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const stats = await file.stat({ bigint: true });
      return { stats, text: await file.readFile('utf8') };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    return v.parse(holderSchema, JSON.parse(text));
  } catch {
    return undefined;
  }
}
