/**
 * What state a directory is in: finished, left behind by a crash, being written at this moment, or not ours.
 */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorMessage, systemErrorCode } from '../base/errors.js';
import {
  isSameProcess,
  type ProcessIdentity,
  processLife,
  thisProcess,
} from '../base/process-identity.js';
import { realPath } from '../base/real-path.js';
import { withoutAdvice } from '../recording/session-manifest.js';
import { directoryLockHolder } from '../storage/directory-lock.js';
import type { Disk } from '../storage/disk.js';
import { type Manifest, readManifest } from '../storage/manifest.js';
import { INDEX_FILE, MANIFEST_FILE, RAW_FILE } from '../storage/session-files.js';

export type SessionCondition =
  /** Complete or recovered. */
  | { readonly kind: 'finished'; readonly manifest: Manifest }
  /** It ended and is what it is: no picture came, say. */
  | { readonly kind: 'failed'; readonly manifest: Manifest }
  /** Nobody writes it any more and nobody has finished it. Without a manifest where none can be read. */
  | { readonly kind: 'unfinished'; readonly manifest: Manifest | undefined; readonly why: string }
  /** A living process writes it. */
  | { readonly kind: 'busy'; readonly why: string }
  /** A raw stream alone, as the original server left it. */
  | { readonly kind: 'foreign' }
  /** No recording. */
  | { readonly kind: 'nothing' };

/** Reasons of a failed session whose files may still hold pictures. */
const RECOVERABLE_REASONS: ReadonlySet<string | null> = new Set([
  'disk-full',
  'disk-error',
  'file-limit',
]);

/** A directory without a manifest in which something has happened so recently may be one that is just being made. */
const JUST_MADE_MS = 10_000;

/** Looks at one directory. Rejects with what the disk throws, except that what is not there is `nothing`. */
export async function sessionCondition(disk: Disk, directory: string): Promise<SessionCondition> {
  let why: string;
  try {
    return await conditionOf(directory, await readManifest(disk, directory));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOTDIR') return { kind: 'nothing' };
    if (code !== 'ENOENT' && code !== 'MANIFEST_INVALID') throw error;
    why = code === 'ENOENT' ? `${MANIFEST_FILE} is missing` : errorMessage(error);
  }
  const raw = await disk.fileSize(join(directory, RAW_FILE));
  const index = await disk.fileSize(join(directory, INDEX_FILE));
  const manifest = await disk.fileSize(join(directory, MANIFEST_FILE));
  if (index === undefined && manifest === undefined) {
    return { kind: raw === undefined ? 'nothing' : 'foreign' };
  }
  const holder = await recordingsHolder(directory);
  const isOther = holder !== undefined && !isSameProcess(holder, thisProcess());
  if (isOther && (await justMade(directory))) {
    return { kind: 'busy', why: `the daemon with process id ${holder.pid} may be writing it` };
  }
  return { kind: 'unfinished', manifest: undefined, why };
}

/** Whether a living process records the session in a directory. False where that cannot be told. Never rejects. */
export async function isRecorded(disk: Disk, directory: string): Promise<boolean> {
  return await sessionCondition(disk, directory).then(
    ({ kind }) => kind === 'busy',
    () => false,
  );
}

async function conditionOf(directory: string, manifest: Manifest): Promise<SessionCondition> {
  const { state, reason, writer } = manifest;
  if (state === 'complete' || state === 'recovered') return { kind: 'finished', manifest };
  if (state === 'failed') {
    if (!RECOVERABLE_REASONS.has(reason)) return { kind: 'failed', manifest };
    return {
      kind: 'unfinished',
      manifest,
      why: withoutAdvice(manifest.reasonText) ?? 'the disk failed',
    };
  }
  const life = processLife(writer);
  const lives =
    life === 'alive' || (life === 'elsewhere' && (await holdsDirectoryOf(directory, writer)));
  if (lives) {
    const where = life === 'alive' ? '' : ` on ${writer.host}`;
    return { kind: 'busy', why: `it is being recorded by process ${writer.pid}${where}` };
  }
  return { kind: 'unfinished', manifest, why: 'the recording process ended in the middle of it' };
}

/** Who records holds the lock of the recordings; when it is another's, this process or its successor, he has ended. */
async function holdsDirectoryOf(directory: string, writer: ProcessIdentity): Promise<boolean> {
  const holder = await recordingsHolder(directory);
  return holder !== undefined && isSameProcess(holder, writer);
}

/** Who holds the lock of the recordings that a session is among. */
async function recordingsHolder(directory: string): Promise<ProcessIdentity | undefined> {
  return await directoryLockHolder(dirname(await realPath(directory)));
}

async function justMade(directory: string): Promise<boolean> {
  const since = Date.now() - JUST_MADE_MS;
  for (const path of [directory, join(directory, RAW_FILE)]) {
    const modifiedMs = await stat(path).then(
      (stats) => stats.mtimeMs,
      () => 0,
    );
    if (modifiedMs > since) return true;
  }
  return false;
}

/** What a directory's name tells: `<client>_<YYYYMMDD_HHMMSS>`, local time, with a number behind it for a second one. */
export function readDirectoryName(directory: string): { client: string; startedAtMs: number } {
  const name = basename(directory);
  const match = /^(.+)_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)(?:_\d+)?$/.exec(name);
  if (match === null) return { client: name, startedAtMs: Number.NaN };
  const [year = 0, month = 1, ...rest] = match.slice(2).map(Number);
  const time = new Date(year, month - 1, ...rest);
  return { client: match[1] ?? name, startedAtMs: time.getTime() };
}
