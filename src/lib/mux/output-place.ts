/**
 * Whether a file can be where an MP4 should go, whatever is there now.
 */
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';

const ELSEWHERE = 'write elsewhere with --output.';

/** Throws DIRECTORY_UNUSABLE where no file can be made, OUTPUT_UNUSABLE where there is something else than a file. */
export async function checkPlace(output: string): Promise<void> {
  await checkDirectory(dirname(output));
  const stats = await stat(output).catch(() => undefined);
  if (stats === undefined || stats.isFile()) return;
  const what = stats.isDirectory() ? 'a directory' : 'no ordinary file';
  throw new CamrecError('OUTPUT_UNUSABLE', `${output} is ${what}`, {
    hint: 'Name the MP4 file itself with --output.',
  });
}

async function checkDirectory(directory: string): Promise<void> {
  let isDirectory: boolean;
  try {
    isDirectory = (await stat(directory)).isDirectory();
    await access(directory, constants.W_OK);
  } catch (cause) {
    throw unusable(directory, cause);
  }
  if (!isDirectory) throw noDirectory(directory);
}

function unusable(directory: string, cause: unknown): CamrecError {
  const code = systemErrorCode(cause);
  if (code === 'ENOTDIR') return noDirectory(directory, cause);
  if (code === 'ENOENT') {
    const hint = `Make it first, or ${ELSEWHERE}`;
    return new CamrecError('DIRECTORY_UNUSABLE', `There is no directory ${directory}`, {
      hint,
      cause,
    });
  }
  return new CamrecError(
    'DIRECTORY_UNUSABLE',
    `cannot write to ${directory}: ${errorMessage(cause)}`,
    { hint: `Check whose directory it is, or ${ELSEWHERE}`, cause },
  );
}

function noDirectory(directory: string, cause?: unknown): CamrecError {
  return new CamrecError('DIRECTORY_UNUSABLE', `${directory} is no directory`, {
    hint: 'Name a file in a directory with --output.',
    cause,
  });
}
