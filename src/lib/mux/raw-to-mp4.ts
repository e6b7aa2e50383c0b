/**
 * A raw stream without an index becomes an MP4: the pictures are found from the bits alone and stand at the rate that is
 * given or that the stream tells.
 */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CamrecError } from '../base/errors.js';
import { count } from '../base/format.js';
import { realPath } from '../base/real-path.js';
import { OTHER_ENGINE_HINT } from '../h264/nal-unit-stream.js';
import { type MovieSummary, MovieWriter } from '../mp4/movie-writer.js';
import { Breather } from '../readback/breather.js';
import { RawPictures } from '../readback/raw-pictures.js';
import type { Disk } from '../storage/disk.js';
import type { PartFiles } from './part-files.js';
import { readDirectoryName } from './session-condition.js';
import { SteadyTimes } from './steady-times.js';

export interface RawToMp4Options {
  readonly disk: Disk;
  /** Of the raw stream. */
  readonly path: string;
  readonly parts: PartFiles;
  /** Pictures per second; by the stream's own account where it is absent. */
  readonly fps: number | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RawMovie {
  readonly movie: MovieSummary;
  /** Sentences for the person. */
  readonly warnings: readonly string[];
}

/**
 * Writes the parts. Throws STREAM_UNSUPPORTED for what the built-in engine cannot do, STREAM_EMPTY,
 * and what the disk throws.
 */
export async function rawToMp4(options: RawToMp4Options): Promise<RawMovie> {
  const { disk, path, parts, onProgress, signal } = options;
  const warnings: string[] = [];
  const creationTimeMs = await creationTime(path);
  const raw = await RawPictures.open(disk, path, () => ({ writer, files: parts }));
  const writer = new MovieWriter({
    creationTimeMs,
    openPart: (partNumber) => parts.open(partNumber),
    spentMemory: raw.memory,
  });
  const breather = new Breather();
  const times = new SteadyTimes(options.fps, warnings);
  let frames = 0;
  let undecodable = 0;
  try {
    for await (const output of raw.outputs()) {
      if (output.type === 'unsupported') throw fieldPictures(output.tag);
      if (output.type === 'undecodable') {
        undecodable += 1;
        continue;
      }
      const { picture } = output;
      const timeMs = times.next(picture.newDescription);
      if (frames === 0) writer.expectInterval(times.intervalMs);
      writer.add(picture, timeMs, undefined);
      frames += 1;
      const writing = parts.backpressure();
      if (writing !== undefined) await writing;
      if (breather.isDue) {
        onProgress?.(picture.tag);
        await breather.pause(signal);
      }
    }
    signal?.throwIfAborted();
    if (frames === 0) throw nothingToShow(raw.size, undecodable);
    const movie = await writer.finish();
    await parts.flush();
    onProgress?.(raw.size);
    if (undecodable > 0) {
      warnings.push(
        `${count(undecodable, 'picture')} left out: damaged, or without usable parameter sets`,
      );
    }
    if (movie.keyFrames === 0) {
      warnings.push('no key picture is in it, so that players may show nothing');
    }
    return { movie, warnings };
  } finally {
    await raw.close();
  }
}

/** The start in the directory's name, else when the file was last written. */
async function creationTime(path: string): Promise<number> {
  const { startedAtMs } = readDirectoryName(await realPath(dirname(path)));
  return Number.isNaN(startedAtMs) ? (await stat(path)).mtimeMs : startedAtMs;
}

/** The refusal of streams with field pictures. */
export function fieldPictures(offset?: number): CamrecError {
  const where = offset === undefined ? '' : ` (the first at byte ${offset})`;
  return new CamrecError(
    'STREAM_UNSUPPORTED',
    `The stream has field pictures${where}, which the built-in engine does not write`,
    { hint: OTHER_ENGINE_HINT },
  );
}

function nothingToShow(bytes: number, undecodable: number): CamrecError {
  if (bytes === 0) return new CamrecError('STREAM_EMPTY', 'The stream is empty');
  const reason =
    undecodable === 0
      ? 'There is no picture in the stream'
      : `The stream has ${count(undecodable, 'picture')} and none that can be used: damaged, or without usable parameter sets`;
  return new CamrecError('STREAM_EMPTY', reason, { hint: OTHER_ENGINE_HINT });
}
