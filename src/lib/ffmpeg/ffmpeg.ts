/**
 * ffmpeg as a child process: `$FFMPEG_BIN`, else `ffmpeg` on the PATH. Needed for thumbnails, for the second mux
 * engine and for verifying by a full decode; recording does without it.
 */
import { constants, setPriority } from 'node:os';
import { execa } from 'execa';
import { CamrecError } from '../base/errors.js';

/** Lines of ffmpeg's own complaint that are passed on. */
const MAX_ERROR_LINES = 5;

function ffmpegCommand(): string {
  return process.env['FFMPEG_BIN'] || 'ffmpeg';
}

/** The descriptor of the first input: those before it are the standard ones. */
export const FIRST_INPUT = 3;

export interface FfmpegOptions {
  /** Fed to it as `pipe:` FIRST_INPUT and the numbers after it. */
  readonly inputs?: readonly Uint8Array[];
  /** Longest run; it is killed after that. */
  readonly timeoutMs?: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
  /** Others get a CPU before it. */
  readonly inBackground?: boolean;
}

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
  const command = ffmpegCommand();
  const running = execa(command, ['-nostdin', '-hide_banner', '-loglevel', 'error', ...args], {
    reject: false,
    stdio: ['ignore', 'pipe', 'pipe', ...(options.inputs ?? [])],
    killSignal: 'SIGKILL',
    ...(options.timeoutMs !== undefined && { timeout: options.timeoutMs }),
    ...(options.signal !== undefined && { cancelSignal: options.signal }),
  });
  if (options.inBackground) lowerPriority(running.pid);
  const result = await running;
  if (!result.failed) return { stdout: result.stdout, stderr: result.stderr };
  if (result.code === 'ENOENT' || result.code === 'EACCES') throw missing(command, result);
  const words = result.stderr?.trim().split('\n').slice(-MAX_ERROR_LINES).join('\n');
  throw new CamrecError('FFMPEG_FAILED', `ffmpeg failed: ${words || result.shortMessage}`, {
    cause: result,
  });
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

function missing(command: string, cause: unknown): CamrecError {
  return new CamrecError('FFMPEG_MISSING', `There is no ffmpeg: ${command} cannot be run`, {
    hint: 'Install ffmpeg, or say where it is with FFMPEG_BIN.',
    cause,
  });
}

/** Longest time that `ffmpeg -version` may take. */
const VERSION_TIMEOUT_MS = 5_000;

/** The first line of `ffmpeg -version`, or nothing where it cannot be run or does not answer. */
export async function ffmpegVersion(): Promise<string | undefined> {
  const result = await execa(ffmpegCommand(), ['-version'], {
    reject: false,
    stdin: 'ignore',
    timeout: VERSION_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  return result.failed ? undefined : result.stdout.split('\n')[0];
}
