/**
 * A raw stream without an index: a file by itself, or a directory of the original server.
 */
import { join } from 'node:path';
import { CamrecError } from '../base/errors.js';
import type { Disk } from '../storage/disk.js';
import { partFile, RAW_FILE } from '../storage/session-files.js';
import { copyByFfmpeg, type FfmpegInput, ffmpegInput } from './ffmpeg-engine.js';
import { type GoodMp4, goodMp4 } from './good-mp4.js';
import type { MuxContext, MuxOutcome } from './mux-types.js';
import { newPathFor, removeIfThere } from './new-files.js';
import { checkReplaced } from './output-check.js';
import { partPath, placeOutput } from './output-files.js';
import { mp4Beside } from './output-meetings.js';
import { checkPlace } from './output-place.js';
import { PartFiles } from './part-files.js';
import { goodParts, removeAbandonedParts, surplusParts } from './parts-there.js';
import { rawToMp4 } from './raw-to-mp4.js';

/**
 * Muxes a raw file: `film.h264` becomes `film.mp4` beside it. Throws what `rawToMp4` and `copyByFfmpeg` throw,
 * OUTPUT_EXISTS, OUTPUT_UNUSABLE, DIRECTORY_UNUSABLE.
 */
export async function muxRawFile(path: string, context: MuxContext): Promise<MuxOutcome> {
  const output = context.output ?? mp4Beside(path);
  await checkPlace(output);
  const { disk } = context;
  // By its name it is an MP4 already, and would count as its own.
  if (output === path) await checkReplaced(output, context);
  await removeAbandonedParts(disk, output);
  const there = context.force || context.output ? undefined : await goodParts(disk, path, output);
  if (there !== undefined) return { ...there, skipped: 'it has a good MP4' };
  await checkReplaced(output, context);
  const made = await muxRaw(path, output, (partNumber) => partPath(output, partNumber), context);
  const surplus = await surplusParts(disk, output, made.mp4.length);
  if (surplus.length === 0 || context.output !== undefined) return made;
  // Another recording may have that name: it is not ours to remove.
  const warning = `no part of this MP4, and perhaps left from an earlier one: ${surplus.join(', ')}`;
  return { ...made, warnings: [...(made.warnings ?? []), warning] };
}

/** Muxes the directory of another program. An MP4 that is not whole is replaced. */
export async function muxForeignDirectory(
  directory: string,
  context: MuxContext,
): Promise<MuxOutcome> {
  const { disk, output } = context;
  const raw = join(directory, RAW_FILE);
  if (output !== undefined) return muxRawFile(raw, context);
  const mp4 = join(directory, partFile(1));
  await removeAbandonedParts(disk, mp4);
  const there = context.force ? undefined : await goodParts(disk, raw, mp4);
  if (there !== undefined) return { ...there, skipped: 'it has a good MP4' };
  const made = await muxRaw(raw, mp4, (partNumber) => join(directory, partFile(partNumber)), {
    ...context,
    force: true,
  });
  // Only we name files like this in such a directory.
  for (const path of await surplusParts(disk, mp4, made.mp4.length)) {
    await removeIfThere(disk, path);
  }
  return made;
}

async function muxRaw(
  raw: string,
  output: string,
  pathOf: (partNumber: number) => string,
  context: MuxContext,
): Promise<MuxOutcome> {
  const { disk, fps, onProgress, signal } = context;
  if (context.engine === 'ffmpeg') return muxRawByFfmpeg(raw, output, context);
  const parts = new PartFiles(disk, pathOf);
  try {
    const { movie, warnings } = await rawToMp4({
      disk,
      path: raw,
      parts,
      fps,
      onProgress,
      signal,
    });
    await placeOutput(context, parts);
    const { frames, durationMs } = movie;
    return { mp4: parts.paths, frames, durationMs, warnings };
  } finally {
    await parts.discard();
  }
}

async function muxRawByFfmpeg(
  raw: string,
  output: string,
  context: MuxContext,
): Promise<MuxOutcome> {
  const { disk, fps, signal } = context;
  const { input, warnings } = await ffmpegInput(raw, { disk, fps, signal });
  const made = await placeFfmpegCopy(input, output, context);
  return { mp4: [output], ...made, warnings };
}

/**
 * Copies by ffmpeg beside the output and puts the copy in its place. Throws what `copyByFfmpeg` throws, and FFMPEG_FAILED
 * for a copy without pictures: ffmpeg makes one, and calls it a success, of a stream that has no key picture.
 */
export async function placeFfmpegCopy(
  input: FfmpegInput,
  output: string,
  { disk, faststart, signal }: MuxContext,
): Promise<GoodMp4> {
  const beside = newPathFor(output);
  try {
    // Made here, and emptied by ffmpeg: what that makes by itself, others may read.
    await (await disk.open(beside, 'create')).close();
    await copyByFfmpeg({ input, output: beside, faststart, signal });
    const made = await goodMp4(disk, beside);
    if (made === undefined || made.frames === 0) throw withoutPictures(input);
    await sync(disk, beside);
    await disk.rename(beside, output);
    return made;
  } finally {
    await removeIfThere(disk, beside);
  }
}

function withoutPictures({ foreign }: FfmpegInput): CamrecError {
  if (foreign !== undefined) {
    return new CamrecError('FFMPEG_FAILED', 'ffmpeg found no H.264 in it that it could copy');
  }
  return new CamrecError('FFMPEG_FAILED', 'ffmpeg found no picture that it could copy', {
    hint: 'Try the built-in engine, which also takes streams without key pictures: --engine builtin',
  });
}

async function sync(disk: Disk, path: string): Promise<void> {
  const file = await disk.open(path, 'read');
  await file.sync().finally(() => file.close());
}
