/**
 * The frame rate over a recording, from the rows of its index: counted into bins whose width doubles as the recording
 * grows, so that memory does not.
 */
import {
  clockWasSet,
  MAX_BACKWARD_STEP_MS,
  MAX_PAUSE_MS,
  StandstillDetector,
} from '../base/device-clock.js';
import { SequenceTracker } from '../base/sequence-tracker.js';

/** What of an index row matters here (docs/files.md). */
export interface RateRow {
  readonly sequence: number;
  /** Device clock, milliseconds. */
  readonly timestampMs: number;
  /** Milliseconds since the epoch. */
  readonly arrivalMs: number;
  readonly kind: 'config' | 'key' | 'delta';
}

/** Something to mark on the chart. */
export type RateMark =
  /** `count` packets had not come before this moment, by the account of the manifest; few come later. */
  | { readonly kind: 'gap'; readonly atMs: number; readonly count: number }
  /** The device's clock jumped by so much (negative: back) while `realMs` passed. */
  | {
      readonly kind: 'clock';
      readonly atMs: number;
      readonly byMs: number;
      readonly realMs: number;
    }
  /** From here on the device's clock stood still, for MIN_STANDSTILL_MS at least. */
  | { readonly kind: 'standstill'; readonly atMs: number };

export interface FrameRateChart {
  /** Width of a bin. */
  readonly binMs: number;
  /** Pictures per second in each bin. */
  readonly fps: readonly number[];
  readonly durationMs: number;
  readonly marks: readonly RateMark[];
  /** Marks beyond those that are kept. */
  readonly moreMarks: number;
}

const FIRST_BIN_MS = 100;
const MAX_BINS = 512;
const MAX_MARKS = 1000;

/** A clock that stands for less is coarse, or it is that of a picture in many packets: nothing to tell anybody of. */
const MIN_STANDSTILL_MS = 1000;

export class FrameRateMeter {
  #bins: number[] = [];
  #binMs = FIRST_BIN_MS;
  #positionMs = 0;
  #pictures = 0;
  readonly #sequences = new SequenceTracker();
  #lastPicture: RateRow | undefined;
  /** The latest device time since the clock was last set: pictures may be shown in another order than they come. */
  #highMs = 0;
  readonly #standstill = new StandstillDetector();
  /** How far the position has run ahead of the device's clock while that stood still. */
  #aheadMs = 0;
  /** How long the clock has stood still by now. */
  #standingMs = 0;
  readonly #marks: RateMark[] = [];
  #moreMarks = 0;

  add(row: RateRow): void {
    this.#track(row);
    if (row.kind === 'config') return;
    this.#standstill.see(row.timestampMs);
    if (this.#lastPicture === undefined) this.#highMs = row.timestampMs;
    else this.#advance(this.#lastPicture, row);
    this.#lastPicture = row;
    this.#count();
  }

  get chart(): FrameRateChart {
    const last = this.#bins.length - 1;
    // The last bin is as long as the recording reaches into it, its last picture shown as long as a usual one.
    const usualMs = this.#positionMs / Math.max(1, this.#pictures - 1);
    const restMs = Math.min(this.#binMs, this.#positionMs - last * this.#binMs + usualMs);
    const fps = this.#bins.map((count, bin) => {
      const lengthMs = bin === last && restMs > 0 ? restMs : this.#binMs;
      return Math.round((count * 10_000) / lengthMs) / 10;
    });
    return {
      binMs: this.#binMs,
      fps,
      durationMs: this.#positionMs,
      marks: this.#marks,
      moreMarks: this.#moreMarks,
    };
  }

  #track({ sequence, kind }: RateRow): void {
    const { lost } = this.#sequences.counts;
    this.#sequences.track(sequence, kind !== 'delta');
    const count = this.#sequences.counts.lost - lost;
    if (count > 0) this.#mark({ kind: 'gap', atMs: this.#positionMs, count });
  }

  /** By the device's clock, unless that was set or stands still: then by arrival, as in the MP4. */
  #advance(before: RateRow, { timestampMs, arrivalMs }: RateRow): void {
    const byMs = timestampMs - this.#highMs;
    const realMs = Math.max(0, arrivalMs - before.arrivalMs);
    if (this.#standstill.standsStill) {
      this.#standStill(Math.min(realMs, MAX_PAUSE_MS));
      return;
    }
    const stoodStill = this.#standingMs > 0;
    this.#standingMs = 0;
    if (clockWasSet(byMs, realMs)) {
      this.#mark({ kind: 'clock', atMs: this.#positionMs, byMs, realMs });
      this.#followFrom(timestampMs, realMs);
    } else if (stoodStill && this.#aheadMs - byMs > MAX_BACKWARD_STEP_MS) {
      // The clock goes on from where it stopped.
      this.#followFrom(timestampMs, realMs);
    } else {
      const aheadMs = this.#aheadMs - Math.max(0, byMs);
      this.#positionMs += Math.max(0, -aheadMs);
      this.#aheadMs = Math.max(0, aheadMs);
      this.#highMs = Math.max(this.#highMs, timestampMs);
    }
  }

  #standStill(realMs: number): void {
    const wasLong = this.#standingMs >= MIN_STANDSTILL_MS;
    this.#positionMs += realMs;
    this.#aheadMs += realMs;
    this.#standingMs += realMs;
    if (wasLong || this.#standingMs < MIN_STANDSTILL_MS) return;
    this.#mark({ kind: 'standstill', atMs: this.#positionMs - this.#standingMs });
  }

  /** From here on the device's clock counts on from `timestampMs`. */
  #followFrom(timestampMs: number, realMs: number): void {
    this.#positionMs += Math.min(realMs, MAX_PAUSE_MS);
    this.#aheadMs = 0;
    this.#highMs = timestampMs;
  }

  #count(): void {
    this.#pictures += 1;
    let bin = Math.floor(this.#positionMs / this.#binMs);
    while (bin >= MAX_BINS) {
      this.#halve();
      bin = Math.floor(this.#positionMs / this.#binMs);
    }
    while (this.#bins.length <= bin) this.#bins.push(0);
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
  }

  #halve(): void {
    const halved: number[] = [];
    for (let bin = 0; bin < this.#bins.length; bin += 2) {
      halved.push((this.#bins[bin] ?? 0) + (this.#bins[bin + 1] ?? 0));
    }
    this.#bins = halved;
    this.#binMs *= 2;
  }

  #mark(mark: RateMark): void {
    if (this.#marks.length < MAX_MARKS) this.#marks.push(mark);
    else this.#moreMarks += 1;
  }
}
