/**
 * The second engine: ffmpeg copies the raw stream into an MP4 at a constant rate, as the original server did.
 */
import { join } from 'node:path';
import type { VideoDescription } from '../h264/coded-picture.js';
import { refuseForeign } from '../h264/foreign-formats.js';
import { HEAD_BYTES, scanPictures } from '../h264/picture-scanner.js';
import type { Disk } from '../storage/disk.js';
import { readFrameIndex } from '../storage/frame-index-reader.js';
import { INDEX_FILE } from '../storage/session-files.js';
import { RawReader } from './raw-reader.js';
import { UNKNOWN_FPS } from './stream-rate.js';

/** A rate by arrival is believed above this; a lower one comes from a stream that stood still. */
const BELIEVED_ABOVE_FPS = 1.5;
const MIN_FPS = 1;
const MAX_FPS = 60;

/** Copies `input` into an MP4 at `output`. Throws FFMPEG_MISSING, FFMPEG_FAILED with ffmpeg's own words. */
export async function copyByFfmpeg(options: {
  readonly input: string;
  readonly fps: number;
  readonly output: string;
  readonly faststart: boolean;
  readonly signal?: AbortSignal | undefined;
}): Promise<void> {
  const { input, fps, output, faststart, signal } = options;
  // What runs ffmpeg costs more to load than all the rest of the command, and few runs need it.
  const { runFfmpeg } = await import('./ffmpeg.js');
  const rate = String(Math.round(fps * 1000) / 1000);
  const flags = faststart ? ['-movflags', '+faststart'] : [];
  await runFfmpeg(
    ['-f', 'h264', '-r', rate, '-i', input, '-c:v', 'copy', ...flags, '-f', 'mp4', '-y', output],
    signal === undefined ? {} : { signal },
  ).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}

/**
 * The rate that the original server would have taken: pictures by the time between the first and the last arrival if
 * that is believable, else by the device's clock, else 10. Nothing where there is no index.
 */
export async function rateByIndex(disk: Disk, directory: string): Promise<number | undefined> {
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

/**
 * What the first picture's parameter sets tell; nothing where it cannot be read, which is left to ffmpeg to judge. Throws
 * STREAM_UNSUPPORTED for what is no H.264 stream: ffmpeg is told that it is one, and finds pictures in many a container.
 */
export async function firstDescription(
  disk: Disk,
  path: string,
): Promise<VideoDescription | undefined> {
  const raw = await RawReader.open(disk, path);
  try {
    refuseForeign(await raw.read(0, Math.min(HEAD_BYTES, raw.size)));
    return await describeFirst(raw);
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
export function orderWarnings(description: VideoDescription | undefined): string[] {
  if (description === undefined || description.maxReorderPictures === 0) return [];
  return [
    'the stream may reorder its pictures (B pictures), and ffmpeg knows no times for them: players may leave out the first ones; the built-in engine gives each its time',
  ];
}
