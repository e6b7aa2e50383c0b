/**
 * Whether an MP4 may go where it should: asked before anything is read, so that neither work nor a recording is lost.
 */
import { stat } from 'node:fs/promises';
import { basename, dirname, join, parse } from 'node:path';
import { CamrecError } from '../base/errors.js';
import type { Disk } from '../storage/disk.js';
import {
  INDEX_FILE,
  MANIFEST_FILE,
  NEW_SUFFIX,
  partNumberOf,
  RAW_FILE,
  THUMBNAIL_FILE,
} from '../storage/session-files.js';
import type { Target } from './find-targets.js';
import { DAMAGED_INDEX_FILE } from './index-repair.js';
import type { MuxContext } from './mux-types.js';
import { refuseExisting } from './output-files.js';
import { isRecorded, sessionCondition } from './session-condition.js';

/** What a session directory holds beside the parts of its MP4. Nothing brings it back once it is replaced. */
const RECORDED_FILES = [
  RAW_FILE,
  INDEX_FILE,
  MANIFEST_FILE,
  THUMBNAIL_FILE,
  DAMAGED_INDEX_FILE,
] as const;

const NAME_ANOTHER = { hint: 'Name another file with --output.' };

/** The files that are read to mux these, there or not. */
export function inputsOf(targets: readonly Target[]): string[] {
  return targets.flatMap(({ kind, path }) => {
    if (kind === 'directory') return RECORDED_FILES.map((name) => join(path, name));
    return kind === 'file' ? [path] : [];
  });
}

/**
 * Refuses an output that would replace a recording or stand where one is being made, `--force` or not, and any other file
 * without `--force`. Throws OUTPUT_UNUSABLE, DIRECTORY_IN_USE, OUTPUT_EXISTS.
 */
export async function checkReplaced(output: string, context: MuxContext): Promise<void> {
  for (const path of await filesWritten(context.disk, output)) {
    if (!(await isOneOf(path, context.inputs))) continue;
    throw new CamrecError(
      'OUTPUT_UNUSABLE',
      `${path} is the recording itself, which is never replaced`,
      NAME_ANOTHER,
    );
  }
  if (await isRecordedFile(context.disk, output)) {
    throw new CamrecError(
      'OUTPUT_UNUSABLE',
      `${output} belongs to a session, and only its MP4 may be replaced`,
      NAME_ANOTHER,
    );
  }
  await refuseRecording(context.disk, output);
  await refuseExisting(context.disk, output, context);
}

/** Refuses to take the place of an MP4 that grows: its recorder would finish a file without a name, and call it whole. */
async function refuseRecording(disk: Disk, output: string): Promise<void> {
  const directory = dirname(output);
  if (partNumberOf(basename(output).toLowerCase()) === undefined) return;
  if (!(await isRecorded(disk, directory))) return;
  throw new CamrecError(
    'DIRECTORY_IN_USE',
    `${output} belongs to a session that is being recorded`,
    NAME_ANOTHER,
  );
}

/** The files that are there and may be written on the way: later parts, and all of them while they are being made. */
async function filesWritten(disk: Disk, output: string): Promise<string[]> {
  const { name, ext } = parse(output);
  // File systems may take upper and lower case for the same.
  const written = new RegExp(`^${literally(name)}(-\\d+)?${literally(ext)}(${NEW_SUFFIX})*$`, 'i');
  const directory = dirname(output);
  const there = await disk.list(directory).catch(() => []);
  const others = there
    .filter((other) => written.test(other))
    .map((other) => join(directory, other));
  return [...new Set([output, ...others])];
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Whether a path leads to one of these files, by whatever links. */
async function isOneOf(path: string, files: readonly string[]): Promise<boolean> {
  const identity = await fileIdentity(path);
  if (identity === undefined) return false;
  for (const file of files) if ((await fileIdentity(file)) === identity) return true;
  return false;
}

/** What the names of a file have in common; nothing where there is none. */
async function fileIdentity(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats === undefined ? undefined : `${stats.dev} ${stats.ino}`;
}

async function isRecordedFile(disk: Disk, path: string): Promise<boolean> {
  const name = basename(path).toLowerCase();
  if (!RECORDED_FILES.some((recorded) => recorded === name)) return false;
  const condition = await sessionCondition(disk, dirname(path)).catch(() => undefined);
  return condition?.kind !== 'nothing';
}
