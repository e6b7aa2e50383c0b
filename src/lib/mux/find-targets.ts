/**
 * What the paths on the command line mean: a session directory, a directory of them, or a raw file.
 */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import { realPath } from '../base/real-path.js';
import type { Disk } from '../storage/disk.js';
import { INDEX_FILE, MANIFEST_FILE, RAW_FILE } from '../storage/session-files.js';
import { sessionCondition } from './session-condition.js';

export type Target =
  | { readonly kind: 'directory' | 'file'; readonly path: string; readonly bytes: number }
  /** Nothing can be done with it. */
  | { readonly kind: 'error'; readonly path: string; readonly error: CamrecError };

const WHAT_TO_NAME = 'Name a session directory, a directory of them, or a .h264 file.';

/**
 * Finds what to work on, each thing once, in the order of the paths and of the names in a directory. Throws USAGE for
 * an empty path, which would mean the current directory.
 */
export async function findTargets(disk: Disk, paths: readonly string[]): Promise<Target[]> {
  if (paths.includes('')) {
    throw new CamrecError('USAGE', 'A path is empty.', { hint: WHAT_TO_NAME });
  }
  const found = new Map<string, Target>();
  for (const path of paths) {
    for (const target of await targetsOf(disk, resolve(path))) {
      const real = await realPath(target.path);
      const key = target.kind === 'directory' ? join(real, RAW_FILE) : real;
      if (!found.has(key)) found.set(key, target);
    }
  }
  return [...found.values()];
}

async function targetsOf(disk: Disk, path: string): Promise<Target[]> {
  try {
    const stats = await stat(path);
    if (!stats.isDirectory()) {
      refuseSpecial(path, stats);
      return [await fileTarget(disk, path, stats.size)];
    }
    if (await isSession(disk, path)) return [await directoryTarget(disk, path)];
    const targets = await sessionsIn(disk, path);
    if (targets.length > 0) return targets;
    const error = new CamrecError('SESSION_NOT_FOUND', `There is no recording in ${path}`, {
      hint: WHAT_TO_NAME,
    });
    return [{ kind: 'error', path, error }];
  } catch (cause) {
    return [errorTarget(path, cause)];
  }
}

/** Refuses what has no size and cannot be read twice; to open a pipe may take for ever. Throws INPUT_INVALID. */
function refuseSpecial(path: string, stats: Stats): void {
  if (stats.isFile() || stats.isDirectory()) return;
  throw new CamrecError('INPUT_INVALID', `${path} is a ${kindOf(stats)}, and no ordinary file`, {
    hint: 'Save the stream to a file first, and name that.',
  });
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return 'pipe';
  return stats.isSocket() ? 'socket' : 'device';
}

function errorTarget(path: string, cause: unknown): Target {
  if (cause instanceof CamrecError) return { kind: 'error', path, error: cause };
  return { kind: 'error', path, error: unreadable(path, cause) };
}

function unreadable(path: string, cause: unknown): CamrecError {
  const code = systemErrorCode(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const hint = `Check the path. ${WHAT_TO_NAME}`;
    return new CamrecError('FILE_NOT_FOUND', `There is no ${path}`, { hint, cause });
  }
  const message = `cannot read ${path}: ${errorMessage(cause)}`;
  return new CamrecError('DIRECTORY_UNUSABLE', message, { cause });
}

/** The raw stream of a session stands for the session: its index tells more than its bits. */
async function fileTarget(disk: Disk, path: string, bytes: number): Promise<Target> {
  if (basename(path) === RAW_FILE) {
    for (const name of [INDEX_FILE, MANIFEST_FILE]) {
      const beside = await disk.fileSize(join(dirname(path), name));
      if (beside !== undefined) return { kind: 'directory', path: dirname(path), bytes };
    }
  }
  return { kind: 'file', path, bytes };
}

/** The sessions below a directory of them, and what cannot be read there. */
export async function sessionsIn(disk: Disk, directory: string): Promise<Target[]> {
  const targets: Target[] = [];
  for (const name of (await disk.list(directory)).sort()) {
    const path = join(directory, name);
    if (name.startsWith('.')) continue;
    try {
      if (await isSession(disk, path)) targets.push(await directoryTarget(disk, path));
    } catch (cause) {
      targets.push(errorTarget(path, cause));
    }
  }
  return targets;
}

async function isSession(disk: Disk, path: string): Promise<boolean> {
  return (await sessionCondition(disk, path)).kind !== 'nothing';
}

async function directoryTarget(disk: Disk, path: string): Promise<Target> {
  const raw = join(path, RAW_FILE);
  const stats = await stat(raw).catch(() => undefined);
  if (stats !== undefined) refuseSpecial(raw, stats);
  return { kind: 'directory', path, bytes: (await disk.fileSize(raw)) ?? 0 };
}
