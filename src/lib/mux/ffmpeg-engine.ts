/**
 * The second engine: ffmpeg copies the raw stream into an MP4 at a constant rate, as the original server did.
 */
import { join } from 'node:path';
import { errorMessage } from '../base/errors.js';
import { count } from '../base/format.js';
import { errorForWantOfRoom } from '../ffmpeg/no-room.js';
import type { ForeignFormat } from '../h264/foreign-formats.js';
import type { Disk } from '../storage/disk.js';
import { readFrameIndex } from '../storage/frame-index-reader.js';
import { INDEX_FILE } from '../storage/session-files.js';
import { type LookAhead, lookAhead } from './look-ahead.js';
import { toldRateOrUsual, UNKNOWN_FPS } from './stream-rate.js';

/** A rate by arrival is believed above this; a lower one comes from a stream that stood still. */
const BELIEVED_ABOVE_FPS = 1.5;
const MIN_FPS = 1;
const MAX_FPS = 60;

/** What is known of a file before ffmpeg reads it. */
export interface FfmpegInput {
  readonly path: string;
  /** Pictures per second as ffmpeg counts them; nothing for a container, which has times of its own. */
  readonly fps: number | undefined;
  /** Nothing where it may be H.264. */
  readonly foreign: ForeignFormat | undefined;
}

/**
 * Copies the video of `input` into an MP4 at `output`. Throws FFMPEG_MISSING, FFMPEG_FAILED with ffmpeg's own words, and
 * what the disk would have thrown where there was no room.
 */
export async function copyByFfmpeg(options: {
  readonly input: FfmpegInput;
  readonly output: string;
  readonly faststart: boolean;
  readonly signal?: AbortSignal | undefined;
}): Promise<void> {
  const { input, output, faststart, signal } = options;
  // What runs ffmpeg costs more to load than all the rest of the command, and few runs need it.
  const { runFfmpeg } = await import('../ffmpeg/ffmpeg.js');
  const flags = faststart ? ['-movflags', '+faststart'] : [];
  const { stderr } = await runFfmpeg(
    [...inputFlags(input), '-c:v', 'copy', ...flags, '-f', 'mp4', '-y', output],
    signal === undefined ? {} : { signal },
  ).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw errorForWantOfRoom(errorMessage(error), output, error) ?? error;
  });
  const unsaid = errorForWantOfRoom(stderr, output);
  if (unsaid !== undefined) throw unsaid;
}

/** Told that a container is H.264, ffmpeg takes every start code in it for a NAL unit, and damages the pictures. */
function inputFlags({ path, fps }: FfmpegInput): string[] {
  if (fps === undefined) return ['-i', path, '-map', '0:v:0'];
  return ['-f', 'h264', '-r', String(Math.round(fps * 1000) / 1000), '-i', path];
}

/**
 * The rate that the original server would have taken: pictures by the time between the first and the last arrival if
 * that is believable, else by the device's clock, else 10. `frames`: how many there are, where it is not each packet that
 * has one. Nothing where there is no index.
 */
async function rateByIndex(
  disk: Disk,
  directory: string,
  frames: number | undefined,
): Promise<number | undefined> {
  if ((await disk.fileSize(join(directory, INDEX_FILE))) === undefined) return undefined;
  let pictures = 0;
  let first: { arrivalMs: number; timestampMs: number } | undefined;
  let last = { arrivalMs: 0, timestampMs: 0 };
  for await (const item of readFrameIndex(disk, join(directory, INDEX_FILE))) {
    if (item.kind !== 'rows') break;
    for (const row of item.rows) {
      if (row.kind === 'config') continue;
      pictures += 1;
      first ??= row;
      last = row;
    }
  }
  if (first === undefined) return undefined;
  return rateLikeTheOriginal(
    frames ?? pictures,
    last.arrivalMs - first.arrivalMs,
    last.timestampMs - first.timestampMs,
  );
}

/** `arrivalMs` and `deviceMs`: between the first and the last picture. */
export function rateLikeTheOriginal(pictures: number, arrivalMs: number, deviceMs: number): number {
  const byArrival = arrivalMs > 0 ? (pictures * 1000) / arrivalMs : 0;
  const byDevice = deviceMs > 0 ? (pictures * 1000) / deviceMs : UNKNOWN_FPS;
  const rate = byArrival > BELIEVED_ABOVE_FPS ? byArrival : byDevice;
  return Math.min(Math.max(rate, MIN_FPS), MAX_FPS);
}

export interface FfmpegInputOptions {
  readonly disk: Disk;
  /** Pictures per second, two fields being one, where the person gave them. */
  readonly fps: number | undefined;
  /** The session directory whose index may tell the rate, where the stream belongs to one. */
  readonly session?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Looks at the raw stream at `path`. Warnings are sentences for the person. Throws STREAM_UNSUPPORTED for an archive. */
export async function ffmpegInput(
  path: string,
  { disk, fps, session, signal }: FfmpegInputOptions,
): Promise<{ readonly input: FfmpegInput; readonly warnings: string[] }> {
  const found = await lookAhead(disk, path, signal);
  const { timing, fieldPictures, frames, foreign } = found;
  const warnings = warningsAbout(found);
  if (foreign?.kind === 'container') {
    if (fps !== undefined) warnings.push(`--fps was not needed: ${foreign.name} tells its times`);
    return { input: { path, fps: undefined, foreign }, warnings };
  }
  const byIndex = async () =>
    session === undefined
      ? undefined
      : rateByIndex(disk, session, fieldPictures > 0 ? frames : undefined);
  const rate = fps ?? (await byIndex()) ?? toldRateOrUsual(timing, warnings);
  // ffmpeg gives each field picture the time of a whole one: this many pictures have to share the time of the frames.
  const perFrame = fieldPictures > 0 ? (frames + fieldPictures / 2) / frames : 1;
  return { input: { path, fps: rate * perFrame, foreign }, warnings };
}

/**
 * What is not right in the copy. Where the stream may show its pictures in another order than it has them: a raw stream
 * carries no times, and ffmpeg writes such pictures as if they were shown in the order of the stream. Where fields are
 * pictures of their own: ffmpeg makes samples of their own of them.
 */
function warningsAbout({ timing, fieldPictures }: LookAhead): string[] {
  const warnings: string[] = [];
  if (timing !== undefined && timing.maxReorderPictures > 0) {
    const why =
      'the stream may reorder its pictures (B pictures), and ffmpeg knows no times for them: players may leave out the first ones';
    const advice = '; the built-in engine gives each its time';
    warnings.push(fieldPictures === 0 ? why + advice : why);
  }
  if (fieldPictures > 0) {
    warnings.push(
      `the stream has ${count(fieldPictures, 'field picture')}: ffmpeg counts each as a frame, and gives it as much time as the whole frames among them`,
    );
  }
  return warnings;
}
