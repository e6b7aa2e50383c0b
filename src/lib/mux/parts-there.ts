/**
 * The MP4 of a raw stream that has no manifest to name its parts: `film.mp4`, `film-2.mp4`, … are told by their names.
 */
import { stat } from 'node:fs/promises';
import { dirname, parse } from 'node:path';
import type { Disk } from '../storage/disk.js';
import { type GoodMp4, goodMp4 } from './good-mp4.js';
import { removeAbandoned } from './new-files.js';
import { partPath } from './output-files.js';

export interface GoodParts extends GoodMp4 {
  /** Paths of the parts, in order. */
  readonly mp4: readonly string[];
}

/**
 * The MP4 at `output` where it is one to keep: each part finished, none missing before the last one that is there, and
 * made after `raw` was last written. Nothing tells that the last part of all is missing.
 */
export async function goodParts(
  disk: Disk,
  raw: string,
  output: string,
): Promise<GoodParts | undefined> {
  const count = Math.max(1, ...(await laterParts(disk, output)));
  const mp4 = Array.from({ length: count }, (_, index) => partPath(output, index + 1));
  const rawMs = (await stat(raw)).mtimeMs;
  let [frames, durationMs] = [0, 0];
  for (const path of mp4) {
    const part = await goodMp4(disk, path);
    if (part === undefined || (await stat(path)).mtimeMs < rawMs) return undefined;
    frames += part.frames;
    durationMs += part.durationMs;
  }
  return { mp4, frames, durationMs };
}

/** Numbers of the parts behind the first that are there. `film-2.mp4` is none where `film-2.h264` is there, too. */
async function laterParts(disk: Disk, output: string): Promise<number[]> {
  const { dir, name: stem, ext } = parse(output);
  const names = await disk.list(dir);
  const hasOwnStream = (name: string) =>
    names.some((other) => other !== name && parse(other).name === parse(name).name);
  return names.flatMap((name) => {
    const number = partNumber(name, stem, ext);
    return number === undefined || number === 1 || hasOwnStream(name) ? [] : [number];
  });
}

/** Removes what dead processes were making at `output`. */
export async function removeAbandonedParts(disk: Disk, output: string): Promise<void> {
  const { name: stem, ext } = parse(output);
  const isPart = (name: string) => partNumber(name, stem, ext) !== undefined;
  await removeAbandoned(disk, dirname(output), isPart);
}

/** The paths of parts that an earlier run has left behind the last of `count`. */
export async function surplusParts(disk: Disk, output: string, count: number): Promise<string[]> {
  const numbers = (await laterParts(disk, output)).filter((number) => number > count);
  return numbers.sort((a, b) => a - b).map((number) => partPath(output, number));
}

function partNumber(name: string, stem: string, ext: string): number | undefined {
  if (name === `${stem}${ext}`) return 1;
  if (!name.startsWith(`${stem}-`) || !name.endsWith(ext)) return undefined;
  const digits = name.slice(stem.length + 1, name.length - ext.length);
  return /^[1-9]\d{0,5}$/.test(digits) && digits !== '1' ? Number(digits) : undefined;
}
