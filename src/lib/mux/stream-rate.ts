/**
 * The rate of a raw stream that has no index: by its own account, where that can be true.
 */

import { MAX_FPS } from '../base/units.js';
import type { VideoTiming } from '../h264/coded-picture.js';
import type { AssemblerOutput } from '../h264/picture-assembler.js';

/** Pictures per second of a stream of which nobody knows. */
export const UNKNOWN_FPS = 10;

/** Pictures further apart than ten seconds are taken for a mistake in the stream's timing. */
const MIN_BELIEVED_FPS = 0.1;

/**
 * Pictures per second by the timing of the sequence parameter set (ISO/IEC 14496-10, E.2.1); nothing where it has none,
 * or one that no camera keeps: some encoders write a clock of 90 kHz there.
 */
export function toldRate(timing: VideoTiming | undefined): number | undefined {
  const fps = writtenRate(timing);
  return fps !== undefined && fps >= MIN_BELIEVED_FPS && fps <= MAX_FPS ? fps : undefined;
}

/** The same, else `UNKNOWN_FPS` with a warning. */
export function toldRateOrUsual(timing: VideoTiming | undefined, warnings: string[]): number {
  const told = toldRate(timing);
  if (told !== undefined) return told;
  const written = writtenRate(timing);
  const why =
    written === undefined
      ? 'the stream does not tell its frame rate'
      : `the stream tells a frame rate that cannot be, ${Number(written.toPrecision(3))} a second`;
  warnings.push(
    `${why}: ${UNKNOWN_FPS} pictures a second are assumed; give the right one with --fps`,
  );
  return UNKNOWN_FPS;
}

/** What a picture tells of the rate of those from it on; nothing where it tells nothing new. */
export function timingOf(output: AssemblerOutput<unknown>): VideoTiming | undefined {
  switch (output.type) {
    case 'picture':
      return output.picture.newDescription;
    case 'unsupported':
      return output.timing;
    case 'undecodable':
      return undefined;
  }
}

/** How many frames a picture is: rates count frames, and a field picture is half of one. */
export function framesOf(output: AssemblerOutput<unknown>): number {
  return output.type === 'unsupported' ? 0.5 : 1;
}

function writtenRate(timing: VideoTiming | undefined): number | undefined {
  const rate = timing?.frameRate;
  return rate === undefined ? undefined : rate.numerator / rate.denominator;
}
