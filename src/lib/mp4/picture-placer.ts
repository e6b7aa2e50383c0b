/**
 * Gives runs of pictures their decoding and presentation times (ISO/IEC 14496-12, 8.6.1).
 *
 * A run is a stretch in decoding order that no earlier and no later picture reaches into in output order.
 * Within it, the k-th picture in output order is shown at the k-th smallest of the device times, stretch by stretch of
 * what is reordered, and the k-th in decoding order is decoded at that same time. This serves both the senders that stamp
 * pictures with the time at which they are to be shown, which goes back and forth, and those that stamp them as they come.
 */
import {
  outputIsDecodingOrder,
  outputRanks,
  type PendingPicture,
  timesInOutputOrder,
} from './pending-picture.js';
import type { Timeline } from './timeline.js';

/** Times of one picture, ticks. */
export interface PlacedTimes {
  readonly duration: number;
  readonly compositionOffset: number;
}

export class PicturePlacer {
  readonly #timeline: Timeline;
  /** Where the next run begins, settled together with the end of the last one. */
  #next: { readonly timeMs: number; readonly tick: number } | undefined;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** The tick at which the next run begins. */
  get nextTick(): number {
    return this.#next?.tick ?? 0;
  }

  /**
   * Times of a run, in decoding order. `following` are the pictures after it that are known already, among them
   * the first of them in output order; empty at the end of the movie, where the last picture lasts the median.
   */
  place(run: readonly PendingPicture[], following: readonly PendingPicture[]): PlacedTimes[] {
    const ranks = ranksOf(run);
    const ticks = this.#ticksOf(run, ranks);
    const end = this.#endOfRun(ticks.at(-1) ?? 0, following);
    const times: PlacedTimes[] = [];
    for (const tick of ticks) {
      const index = times.length;
      const duration = (ticks[index + 1] ?? end) - tick;
      const compositionOffset = (ticks[ranks?.[index] ?? index] ?? tick) - tick;
      times.push({ duration, compositionOffset });
    }
    return times;
  }

  #ticksOf(run: readonly PendingPicture[], ranks: readonly number[] | undefined): number[] {
    const times = timesOf(run, ranks);
    const begin = this.#next;
    if (begin !== undefined) {
      // A time below the one that was settled can only be the clock's fault: it comes after it.
      times.splice(Math.max(times.indexOf(begin.timeMs), 0), 1);
      times.unshift(begin.timeMs);
    }
    const ticks: number[] = [];
    for (const timeMs of times) {
      const index = ticks.length;
      const isBegin = begin !== undefined && index === 0;
      ticks.push(isBegin ? begin.tick : this.#timeline.place(timeMs, run[index]?.arrivalMs));
    }
    return ticks;
  }

  /** Settles where the next run begins: there the last picture of this one ends. */
  #endOfRun(lastTick: number, following: readonly PendingPicture[]): number {
    const [first] = following;
    if (first === undefined) return lastTick + this.#timeline.medianDuration;
    const [timeMs = first.timeMs] = timesOf(following, ranksOf(following));
    const tick = this.#timeline.place(timeMs, first.arrivalMs);
    this.#next = { timeMs, tick };
    return tick;
  }
}

/** Places in output order; absent where it is the decoding order, as it nearly always is. */
function ranksOf(pictures: readonly PendingPicture[]): number[] | undefined {
  return outputIsDecodingOrder(pictures) ? undefined : outputRanks(pictures);
}

/** Device times in output order. */
function timesOf(
  pictures: readonly PendingPicture[],
  ranks: readonly number[] | undefined,
): number[] {
  const times: number[] = [];
  for (const { timeMs } of pictures) times.push(timeMs);
  return ranks === undefined ? times : timesInOutputOrder(times, ranks);
}
