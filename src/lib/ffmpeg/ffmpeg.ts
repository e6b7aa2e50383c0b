/**
 * ffmpeg as a child process. Needed for thumbnails, for the second mux engine and for verifying by a full decode;
 * recording does without it.
 */
import { constants, setPriority } from 'node:os';
import { execa } from 'execa';
import { leaveRemovedDirectory } from '../base/removed-directory.js';
import {
  FFMPEG_ARGS,
  type FfmpegOptions,
  ffmpegFailure,
  ffmpegMissing,
  ffmpegProgram,
} from './ffmpeg-command.js';

/** What it printed. */
export interface FfmpegResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs ffmpeg. Throws FFMPEG_MISSING, FFMPEG_FAILED with its own words. */
export async function runFfmpeg(
  args: readonly string[],
  options: FfmpegOptions = {},
): Promise<FfmpegResult> {
  leaveRemovedDirectory();
  const running = execa(ffmpegProgram(), [...FFMPEG_ARGS, ...args], {
    reject: false,
    stdin: 'ignore',
    killSignal: 'SIGKILL',
    ...(options.timeoutMs !== undefined && { timeout: options.timeoutMs }),
    ...(options.signal !== undefined && { cancelSignal: options.signal }),
  });
  if (options.inBackground) lowerPriority(running.pid);
  const result = await running;
  if (!result.failed) return { stdout: result.stdout, stderr: result.stderr };
  if (result.code === 'ENOENT' || result.code === 'EACCES') throw ffmpegMissing(result);
  throw ffmpegFailure(`${result.stderr?.trim() || result.shortMessage}`, result);
}

/** Nothing where the process could not be started, is over already, or may not be changed. */
function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    // Not the lowest of all: on a busy machine it would get nothing, and time out.
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It works as it is, too.
  }
}

/** Longest time that `ffmpeg -version` may take. */
const VERSION_TIMEOUT_MS = 5_000;

/** The first line of `ffmpeg -version`, or nothing where it cannot be run or does not answer. */
export async function ffmpegVersion(): Promise<string | undefined> {
  leaveRemovedDirectory();
  const result = await execa(ffmpegProgram(), ['-version'], {
    reject: false,
    stdin: 'ignore',
    timeout: VERSION_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  return result.failed ? undefined : result.stdout.split('\n')[0];
}
