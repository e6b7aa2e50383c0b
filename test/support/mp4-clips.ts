/**
 * Small H.264 streams made by libx264, and MP4 files made of them.
 */
import { execFileSync } from 'node:child_process';
import type { CodedPicture } from '../../src/lib/h264/coded-picture.js';
import { PictureAssembler } from '../../src/lib/h264/picture-assembler.js';
import { type MovieSummary, MovieWriter } from '../../src/lib/mp4/movie-writer.js';
import { MemorySink } from './memory-sink.js';
import { ffmpeg } from './tools.js';

export interface ClipOptions {
  readonly frames: number;
  /** `176x144` unless given. */
  readonly size?: string;
  readonly fps?: number;
  /** Pictures from one key picture to the next. */
  readonly gop?: number;
  readonly bFrames?: number;
  /** Further options of ffmpeg, for the encoder. */
  readonly encoder?: readonly string[];
  /** A filter behind the test picture, such as `setsar=80/33`. */
  readonly filter?: string;
}

/** An Annex B stream. Needs ffmpeg. */
export function encodeClip(options: ClipOptions): Buffer {
  const { frames, size = '176x144', fps = 10, gop = 10, bFrames = 0 } = options;
  const source = `testsrc=size=${size}:rate=${fps},format=yuv420p`;
  const filter = options.filter === undefined ? source : `${source},${options.filter}`;
  const input = ['-v', 'error', '-f', 'lavfi', '-i', filter, '-frames:v', String(frames)];
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-threads', '1'];
  const groups = ['-g', String(gop), '-bf', String(bFrames), '-sc_threshold', '0'];
  const output = [...(options.encoder ?? []), '-f', 'h264', 'pipe:1'];
  return execFileSync(ffmpeg ?? 'ffmpeg', [...input, ...codec, ...groups, ...output], {
    maxBuffer: 64 * 1024 * 1024,
  });
}

export type Picture = CodedPicture<undefined>;

/** The pictures of an Annex B stream, in decoding order. */
export function picturesOf(stream: Uint8Array): Picture[] {
  const assembler = new PictureAssembler<undefined>();
  return [...assembler.push(stream, undefined), ...assembler.flush()].map((output) => {
    if (output.type !== 'picture') throw new Error(`the clip has a picture that is ${output.type}`);
    return output.picture;
  });
}

/** For each picture in decoding order, its place in output order. */
export function outputPlaces(pictures: readonly Picture[]): number[] {
  const before = (a: Picture, b: Picture): boolean =>
    a.order.epoch < b.order.epoch ||
    (a.order.epoch === b.order.epoch && a.order.count < b.order.count);
  return pictures.map((picture) => pictures.filter((other) => before(other, picture)).length);
}

export interface Recording {
  readonly summary: MovieSummary;
  /** The finished files. */
  readonly parts: readonly Buffer[];
  /** The files as they were before they were finished. */
  readonly unfinished: readonly Buffer[];
}

export const CREATION_TIME_MS = Date.UTC(2024, 4, 6, 7, 8, 9);

/** Records pictures with one device time each, in decoding order. */
export async function record(
  pictures: readonly CodedPicture<unknown>[],
  timesMs: readonly number[],
  arrivalsMs: readonly number[] = [],
): Promise<Recording> {
  const sinks: MemorySink[] = [];
  const writer = new MovieWriter({
    creationTimeMs: CREATION_TIME_MS,
    openPart(number) {
      const sink = new MemorySink();
      sinks[number - 1] = sink;
      return sink;
    },
  });
  for (const [index, picture] of pictures.entries()) {
    writer.add(picture, timesMs[index] ?? 0, arrivalsMs[index]);
  }
  const unfinished = sinks.map((sink) => sink.bytes());
  const summary = await writer.finish();
  return { summary, parts: sinks.map((sink) => sink.bytes()), unfinished };
}

/** Constant intervals from `fromMs` on. */
export function evenTimes(count: number, intervalMs: number, fromMs = 1_000_000): number[] {
  return Array.from({ length: count }, (_, index) => fromMs + index * intervalMs);
}

/** Where `unevenTimes` begin, milliseconds. */
export const UNEVEN_FROM_MS = 86_400_000;

/** Uneven device times, milliseconds, in output order. */
export function unevenTimes(count: number): number[] {
  let time = UNEVEN_FROM_MS;
  return Array.from({ length: count }, (_, index) => {
    const now = time;
    time += [33, 34, 100, 67, 250][index % 5] ?? 33;
    return now;
  });
}

/** Device times in decoding order, for pictures that carry the time at which they are to be shown. */
export function shownTimes(
  pictures: readonly Picture[],
  inOutputOrder: readonly number[],
): number[] {
  return outputPlaces(pictures).map((place) => inOutputOrder[place] ?? 0);
}

/** What a recording without faults counts. */
export const noFaults = { repeated: 0, backward: 0, jumps: 0, reorderOverflows: 0 };
