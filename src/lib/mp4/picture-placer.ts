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
   * Gives each picture of a run, in decoding order, its duration and its composition offset. `following` are the pictures
   * after it that are known already, among them the first of them in output order; empty at the end of the movie, where
   * the last picture lasts the median.
   */
  place(run: readonly PendingPicture[], following: readonly PendingPicture[]): void {
    const ranks = ranksOf(run);
    const times = timesOf(run, ranks);
    this.#beginWhereSettled(times);
    let picture: PendingPicture | undefined;
    let tick = 0;
    const ticks: number[] = [];
    for (const next of run) {
      const nextTick = this.#tickOf(ticks.length, times, next.arrivalMs);
      if (picture !== undefined) picture.duration = nextTick - tick;
      picture = next;
      tick = nextTick;
      ticks.push(tick);
    }
    const end = this.#endOfRun(tick, following);
    if (picture !== undefined) picture.duration = end - tick;
    if (ranks !== undefined) setCompositionOffsets(run, ticks, ranks);
  }

  /** A time below the one that was settled can only be the clock's fault: it comes after it. */
  #beginWhereSettled(times: number[]): void {
    const begin = this.#next;
    if (begin === undefined || times[0] === begin.timeMs) return;
    times.splice(Math.max(times.indexOf(begin.timeMs), 0), 1);
    times.unshift(begin.timeMs);
  }

  #tickOf(index: number, times: readonly number[], arrivalMs: number | undefined): number {
    if (index === 0 && this.#next !== undefined) return this.#next.tick;
    return this.#timeline.place(times[index] as number, arrivalMs);
  }

  /** Settles where the next run begins: there the last picture of this one ends. */
  #endOfRun(lastTick: number, following: readonly PendingPicture[]): number {
    const first = following[0];
    if (first === undefined) return lastTick + this.#timeline.medianDuration;
    const timeMs = following.length === 1 ? first.timeMs : firstTimeOf(following);
    const tick = this.#timeline.place(timeMs, first.arrivalMs);
    this.#next = { timeMs, tick };
    return tick;
  }
}

/** The earliest device time of pictures of which the first in output order is known. */
function firstTimeOf(pictures: readonly PendingPicture[]): number {
  return timesOf(pictures, ranksOf(pictures))[0] as number;
}

/** `ticks`: where the pictures are decoded, and where those are shown that come at the same places in output order. */
function setCompositionOffsets(
  run: readonly PendingPicture[],
  ticks: readonly number[],
  ranks: readonly number[],
): void {
  for (const [index, picture] of run.entries()) {
    const decoded = ticks[index] as number;
    picture.compositionOffset = (ticks[ranks[index] ?? index] ?? decoded) - decoded;
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
