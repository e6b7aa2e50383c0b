/**
 * `camrec sessions verify`: any number of sessions, each proven for itself.
 */
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { CamrecError } from '../base/errors.js';
import { sessionsIn } from '../mux/find-targets.js';
import { type SessionCondition, sessionCondition } from '../mux/session-condition.js';
import { unreadableDirectory } from '../storage/directory-errors.js';
import type { Disk } from '../storage/disk.js';
import { findSession } from '../storage/find-session.js';
import { verifySession } from './verify-session.js';
import type { VerifyResult } from './verify-types.js';

export interface VerifyAllOptions {
  readonly disk: Disk;
  /** Of this program. */
  readonly version: string;
  /** The recordings directory: where ids are looked for, and all of whose sessions are meant where there are none. */
  readonly recordings: string;
  /** Ids, beginnings of ids, session directories, directories of sessions. */
  readonly sessions: readonly string[];
  readonly onResult?: ((result: VerifyResult) => void) | undefined;
}

export interface VerifyReport {
  readonly results: readonly VerifyResult[];
  /** Directories that nothing can be proven of: without a manifest, or being recorded at this moment. */
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[];
}

/** Verifies. Throws SESSION_NOT_FOUND, USAGE where an id fits several. */
export async function verifySessions(options: VerifyAllOptions): Promise<VerifyReport> {
  const { disk, version } = options;
  const results: VerifyResult[] = [];
  const leftOut: { path: string; reason: string }[] = [];
  for (const directory of await directoriesOf(options)) {
    const reason = await reasonToLeaveOut(disk, directory);
    if (reason !== undefined) {
      leftOut.push({ path: directory, reason });
      continue;
    }
    const result = await verifySession(directory, { disk, version });
    results.push(result);
    options.onResult?.(result);
  }
  const [only] = leftOut;
  if (results.length === 0 && only !== undefined && options.sessions.length > 0) {
    throw new CamrecError('INPUT_INVALID', `${basename(only.path)}: ${only.reason}`);
  }
  return { results, leftOut };
}

async function reasonToLeaveOut(disk: Disk, directory: string): Promise<string | undefined> {
  const condition = await conditionIfReadable(disk, directory);
  switch (condition?.kind) {
    case 'busy':
      return condition.why;
    case 'foreign':
      return 'there is no session.json and no index to hold it against';
    default:
      return undefined;
  }
}

/** Nothing where it cannot be read: verifying says why. */
function conditionIfReadable(disk: Disk, directory: string): Promise<SessionCondition | undefined> {
  return sessionCondition(disk, directory).catch(() => undefined);
}

/** The session directories that are meant, each once. */
async function directoriesOf(options: VerifyAllOptions): Promise<Set<string>> {
  const { disk, recordings, sessions } = options;
  if (sessions.length === 0) return allIn(disk, resolve(recordings));
  const directories = new Set<string>();
  for (const wanted of sessions) {
    for (const directory of await directoriesMeant(disk, recordings, wanted)) {
      directories.add(directory);
    }
  }
  return directories;
}

async function directoriesMeant(
  disk: Disk,
  recordings: string,
  wanted: string,
): Promise<Iterable<string>> {
  let empty: string | undefined;
  for (const place of [resolve(wanted), join(resolve(recordings), wanted)]) {
    const isDirectory = await stat(place).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    if (!isDirectory) continue;
    if ((await conditionIfReadable(disk, place))?.kind !== 'nothing') return [place];
    const inside = await allIn(disk, place);
    if (inside.size > 0) return inside;
    empty ??= place;
  }
  try {
    return [(await findSession(disk, recordings, wanted)).dir];
  } catch (error) {
    if (empty === undefined || !isOfNoSession(error)) throw error;
    // What was named is there: it is no name of a session elsewhere.
    return [(await findSession(disk, recordings, empty)).dir];
  }
}

/** Whether no session was found by its name, or there is no directory to look in. */
function isOfNoSession(error: unknown): boolean {
  if (!(error instanceof CamrecError)) return false;
  return error.code === 'SESSION_NOT_FOUND' || error.code === 'DIRECTORY_UNUSABLE';
}

async function allIn(disk: Disk, directory: string): Promise<Set<string>> {
  try {
    return new Set((await sessionsIn(disk, directory)).map(({ path }) => path));
  } catch (cause) {
    throw unreadableDirectory(directory, cause);
  }
}
