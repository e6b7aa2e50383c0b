/**
 * The second engine: ffmpeg copies the raw stream into an MP4 at a constant rate, as the original server did.
 */
import { join } from 'node:path';
import type { VideoDescription } from '../h264/coded-picture.js';
import { type ForeignFormat, foreignFormat, notH264 } from '../h264/foreign-formats.js';
import { HEAD_BYTES, scanPictures } from '../h264/picture-scanner.js';
import { RawReader } from '../readback/raw-reader.js';
import type { Disk } from '../storage/disk.js';
import { readFrameIndex } from '../storage/frame-index-reader.js';
import { INDEX_FILE } from '../storage/session-files.js';
import { toldRateOrUsual, UNKNOWN_FPS } from './stream-rate.js';

/** A rate by arrival is believed above this; a lower one comes from a stream that stood still. */
const BELIEVED_ABOVE_FPS = 1.5;
const MIN_FPS = 1;
const MAX_FPS = 60;

/** What is known of a file before ffmpeg reads it. */
export interface FfmpegInput {
  readonly path: string;
  /** Pictures per second; nothing for a container, which has times of its own. */
  readonly fps: number | undefined;
  /** Nothing where it may be H.264. */
  readonly foreign: ForeignFormat | undefined;
}

/** Copies the video of `input` into an MP4 at `output`. Throws FFMPEG_MISSING, FFMPEG_FAILED with ffmpeg's own words. */
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
  await runFfmpeg(
    [...inputFlags(input), '-c:v', 'copy', ...flags, '-f', 'mp4', '-y', output],
    signal === undefined ? {} : { signal },
  ).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}

/** Told that a container is H.264, ffmpeg takes every start code in it for a NAL unit, and damages the pictures. */
function inputFlags({ path, fps }: FfmpegInput): string[] {
  if (fps === undefined) return ['-i', path, '-map', '0:v:0'];
  return ['-f', 'h264', '-r', String(Math.round(fps * 1000) / 1000), '-i', path];
}

/**
 * The rate that the original server would have taken: pictures by the time between the first and the last arrival if
 * that is believable, else by the device's clock, else 10. Nothing where there is no index.
 */
async function rateByIndex(disk: Disk, directory: string): Promise<number | undefined> {
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
    pictures,
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
  /** Pictures per second, where the person gave them. */
  readonly fps: number | undefined;
  /** The session directory whose index may tell the rate, where the stream belongs to one. */
  readonly session?: string | undefined;
}

/** Looks at the raw stream at `path`. Warnings are sentences for the person. Throws STREAM_UNSUPPORTED for an archive. */
export async function ffmpegInput(
  path: string,
  { disk, fps, session }: FfmpegInputOptions,
): Promise<{ readonly input: FfmpegInput; readonly warnings: string[] }> {
  const { description, foreign } = await firstLook(disk, path);
  const warnings = orderWarnings(description);
  if (foreign?.kind === 'container') {
    if (fps !== undefined) warnings.push(`--fps was not needed: ${foreign.name} tells its times`);
    return { input: { path, fps: undefined, foreign }, warnings };
  }
  const byIndex = async () => (session === undefined ? undefined : rateByIndex(disk, session));
  const rate = fps ?? (await byIndex()) ?? toldRateOrUsual(description, warnings);
  return { input: { path, fps: rate, foreign }, warnings };
}

/** What is found by looking at a raw stream's first picture. */
interface FirstLook {
  /** Of the first picture; nothing where it cannot be read, which is left to ffmpeg to judge. */
  readonly description: VideoDescription | undefined;
  readonly foreign: ForeignFormat | undefined;
}

/** Throws STREAM_UNSUPPORTED for an archive, whose contents ffmpeg would take for H.264 with something in between. */
async function firstLook(disk: Disk, path: string): Promise<FirstLook> {
  const raw = await RawReader.open(disk, path);
  try {
    const foreign = foreignFormat(await raw.read(0, Math.min(HEAD_BYTES, raw.size)));
    if (foreign === undefined) return { description: await describeFirst(raw), foreign };
    if (foreign.kind === 'archive') throw notH264(foreign);
    return { description: undefined, foreign };
  } finally {
    await raw.close();
  }
}

async function describeFirst(raw: RawReader): Promise<VideoDescription | undefined> {
  try {
    for await (const output of scanPictures(raw.blocks())) {
      if (output.type === 'picture') return output.picture.newDescription;
    }
  } catch {
    // The built-in reader cannot make sense of it; ffmpeg will say what it thinks.
  }
  return undefined;
}

/**
 * A warning where the stream may show its pictures in another order than it has them: a raw stream carries no times, and
 * ffmpeg writes such pictures as if they were shown in the order of the stream.
 */
function orderWarnings(description: VideoDescription | undefined): string[] {
  if (description === undefined || description.maxReorderPictures === 0) return [];
  return [
    'the stream may reorder its pictures (B pictures), and ffmpeg knows no times for them: players may leave out the first ones; the built-in engine gives each its time',
  ];
}
