/**
 * What ffmpeg is called, how it is told what to do, and what is said where it fails: `$FFMPEG_BIN`, else `ffmpeg` on the
 * PATH.
 */
import { CamrecError } from '../base/errors.js';

/** Lines of ffmpeg's own complaint that are passed on. */
const MAX_ERROR_LINES = 5;

export interface FfmpegOptions {
  /** Longest run; it is killed after that. */
  readonly timeoutMs?: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
  /** Others get a CPU before it. */
  readonly inBackground?: boolean;
}

/** A name to be looked for on the PATH, or a path. An empty `$FFMPEG_BIN` counts as none. */
export function ffmpegProgram(): string {
  return process.env['FFMPEG_BIN'] || 'ffmpeg';
}

/** The arguments before all others: it asks nothing, and tells no more than its complaints. */
export const FFMPEG_ARGS = ['-nostdin', '-hide_banner', '-loglevel', 'error'] as const;

/** FFMPEG_FAILED. `words`: its own. */
export function ffmpegFailure(words: string, cause?: unknown): CamrecError {
  const last = words.split('\n').slice(-MAX_ERROR_LINES).join('\n');
  return new CamrecError('FFMPEG_FAILED', `ffmpeg failed: ${last}`, { cause });
}

/** FFMPEG_MISSING. */
export function ffmpegMissing(cause?: unknown): CamrecError {
  return new CamrecError('FFMPEG_MISSING', `There is no ffmpeg: ${ffmpegProgram()} cannot be run`, {
    hint: 'Install ffmpeg, or say where it is with FFMPEG_BIN.',
    cause,
  });
}
