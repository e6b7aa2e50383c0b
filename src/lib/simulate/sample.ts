/**
 * What a simulated phone films: an H.264 stream cut into pictures, to be sent over and over.
 */
import type { AspectRatio } from '../wire/camera-commands.js';

/** One picture with everything that stands before it in the stream: start codes, delimiters, SEI. */
export interface SamplePicture {
  /** Views of the stream; the pictures of a sample, after its configuration, are the stream byte for byte. */
  readonly bytes: Uint8Array;
  /** Decoding can begin here. */
  readonly key: boolean;
}

export interface Sample {
  /** For people: the file's name. */
  readonly name: string;
  /** What stands before the first picture, in one piece for each NAL unit; empty when the stream has no parameter sets there. */
  readonly config: readonly Uint8Array[];
  readonly pictures: readonly SamplePicture[];
  /** The picture that follows the last one: the first that can be decoded by itself. */
  readonly loopTo: number;
  /** Pictures per second: the stream's own timing, or what the original server assumed. */
  readonly fps: number;
  /** Time of each picture in milliseconds, where a list came with the stream. */
  readonly timesMs?: readonly number[] | undefined;
  /** Shown size; nothing where the stream does not say. */
  readonly size?: { readonly width: number; readonly height: number } | undefined;
}

/** Pictures per second of a stream that does not say. */
export const DEFAULT_FPS = 10;

/** The sample whose shape comes closest to what was asked for; the first one when nothing was. */
export function closestSample(
  samples: readonly [Sample, ...Sample[]],
  ratio: AspectRatio | undefined,
): Sample {
  if (ratio === undefined) return samples[0];
  const wanted = Math.log(ratio.width / ratio.height);
  const distance = ({ size }: Sample) =>
    size === undefined
      ? Number.POSITIVE_INFINITY
      : Math.abs(Math.log(size.width / size.height) - wanted);
  return samples.reduce((best, next) => (distance(next) < distance(best) ? next : best));
}

/** Walks a sample's pictures without end, and says how long after the one before each was taken. */
export class SampleReader {
  readonly #sample: Sample;
  #next = 0;

  constructor(sample: Sample) {
    this.#sample = sample;
  }

  next(): SamplePicture {
    const { pictures, loopTo } = this.#sample;
    if (this.#next === pictures.length) this.#next = loopTo;
    const picture = pictures[this.#next];
    if (picture === undefined) throw new RangeError('A sample has at least one picture');
    this.#next += 1;
    return picture;
  }
}

/**
 * The interval before the `n`-th picture that is sent, counted from 0, by the sample's list of times; nothing
 * without a list. From the last picture back to the first of the loop it is the mean interval.
 */
export function intervalsOf(sample: Sample): ((n: number) => number) | undefined {
  const { timesMs, loopTo } = sample;
  if (timesMs === undefined) return undefined;
  const count = timesMs.length;
  const mean =
    count < 2 ? 1000 / sample.fps : ((timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0)) / (count - 1);
  return (n) => {
    const index = n < count ? n : loopTo + ((n - loopTo) % (count - loopTo));
    if (index === loopTo && n >= count) return mean;
    return (timesMs[index] ?? 0) - (timesMs[index - 1] ?? 0);
  };
}
