/**
 * Pictures that wait for their fragment, and what can be told from their output order.
 */
import type { OutputOrder } from '../h264/coded-picture.js';
import type { Sample } from './hybrid-writer.js';

export interface PendingPicture extends Sample {
  readonly order: OutputOrder;
  /** Device clock, milliseconds, finite. */
  readonly timeMs: number;
  /** Arrival, milliseconds of any origin, where it is known. */
  readonly arrivalMs: number | undefined;
  /** Both are 0 until its run is placed: a picture becomes a sample as the same object, of which there are many. */
  duration: number;
  compositionOffset: number;
}

/** Negative when `a` is output before `b`, 0 when the order does not tell. */
export function compareOutput(a: OutputOrder, b: OutputOrder): number {
  return a.epoch - b.epoch || a.count - b.count;
}

/** Whether the pictures are output in the order in which they are decoded. */
export function outputIsDecodingOrder(pictures: readonly PendingPicture[]): boolean {
  let previous = pictures[0];
  for (const picture of pictures) {
    if (previous !== undefined && compareOutput(previous.order, picture.order) > 0) return false;
    previous = picture;
  }
  return true;
}

/** For each picture in decoding order, its place in output order, from 0. */
export function outputRanks(pictures: readonly PendingPicture[]): number[] {
  const ranks = new Array<number>(pictures.length).fill(0);
  [...pictures.entries()]
    .sort(([i, a], [j, b]) => compareOutput(a.order, b.order) || i - j)
    .forEach(([index], rank) => {
      ranks[index] = rank;
    });
  return ranks;
}

/**
 * `times`, of pictures in decoding order, as they follow each other in output order: sorted within each stretch that no
 * picture is reordered into or out of. Over more than that only a clock that was set goes back. `places`: of each
 * picture in output order, as distinct numbers.
 */
export function timesInOutputOrder(times: readonly number[], places: readonly number[]): number[] {
  const inOrder = places.toSorted((a, b) => a - b);
  const ordered: number[] = [];
  let highest = Number.NEGATIVE_INFINITY;
  for (const [index, place] of places.entries()) {
    highest = Math.max(highest, place);
    if (highest !== inOrder[index]) continue;
    const stretch = times.slice(ordered.length, index + 1).sort((a, b) => a - b);
    for (const time of stretch) ordered.push(time);
  }
  return ordered;
}
