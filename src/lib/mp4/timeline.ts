/**
 * From a device's clock to ticks of the MP4's clock, strictly increasing.
 *
 * The rules depend on nothing but the times that are handed in, so that muxing again from the index
 * gives the same file. A picture stands at its device's own millisecond unless the clock is at fault.
 */
import {
  clockWasSet,
  MAX_BACKWARD_STEP_MS,
  MAX_PAUSE_MS,
  StandstillDetector,
} from '../base/device-clock.js';
import { DurationMedian } from './duration-median.js';

/** Ticks per second: a millisecond is exactly 90, so that repeated times fit in between. */
export const TIMESCALE = 90_000;
export const TICKS_PER_MS = TIMESCALE / 1000;

/**
 * So often in a row is a clock taken for one that was set: a single wrong time is a leap there and a leap back. One that
 * leaps on, as of a device that sends nanoseconds, tells nothing of how long its pictures usually last.
 */
const MAX_LEAPS = 2;

export interface TimelineCounts {
  /**
   * Pictures whose own time was taken: several had the same. One tick after their predecessor; where the clock stands
   * still, as long after it as they arrived.
   */
  readonly repeated: number;
  /** Pictures one tick after their predecessor because their time lay a little before it. */
  readonly backward: number;
  /** Times at which the device's clock was set. */
  readonly jumps: number;
}

export class Timeline {
  readonly #median = new DurationMedian();
  /** The device time that `#anchorTick` stands for. */
  #anchorMs = 0;
  #anchorTick = 0;
  /** The latest device time since the clock was last set. */
  #highMs = 0;
  #lastMs = 0;
  #lastArrivalMs: number | undefined;
  #lastTick: number | undefined;
  #repeated = 0;
  #backward = 0;
  #jumps = 0;
  /** Pictures in a row, up to the last one, at each of which the clock was set. */
  #leaps = 0;
  readonly #standstill = new StandstillDetector();
  /** Whether the last picture was placed by its arrival, since the clock stood still. */
  #stoodStill = false;

  get counts(): TimelineCounts {
    return { repeated: this.#repeated, backward: this.#backward, jumps: this.#jumps };
  }

  /** Tells the rate of the stream, where it is known: for what `medianDuration` is while there is one picture only. */
  expectInterval(intervalMs: number): void {
    this.#median.expect(Math.round(Math.min(intervalMs, MAX_PAUSE_MS) * TICKS_PER_MS));
  }

  /** Median duration of the latest pictures, ticks: that of a last picture, which nothing follows. */
  get medianDuration(): number {
    return this.#median.value;
  }

  /**
   * The tick of the next picture in output order; 0 for the first. `deviceMs` and `arrivalMs` are milliseconds
   * of any origin, finite, fractions allowed. Without arrival every pause up to MAX_PAUSE_MS is believed.
   */
  place(deviceMs: number, arrivalMs: number | undefined): number {
    this.#standstill.see(deviceMs);
    const previous = this.#lastTick;
    const tick =
      previous === undefined
        ? this.#setClock(deviceMs, 0)
        : this.#follow(deviceMs, arrivalMs, previous);
    this.#lastMs = deviceMs;
    this.#lastArrivalMs = arrivalMs;
    this.#lastTick = tick;
    return tick;
  }

  #follow(timeMs: number, arrivalMs: number | undefined, previous: number): number {
    const stoodStill = this.#stoodStill;
    this.#stoodStill = this.#standstill.standsStill && arrivalMs !== undefined;
    if (this.#clockWasSet(timeMs, arrivalMs)) {
      this.#jumps += 1;
      this.#leaps += 1;
      return this.#setClock(timeMs, previous + this.#leapTicks(arrivalMs));
    }
    this.#leaps = 0;
    if (this.#stoodStill) {
      this.#repeated += 1;
      return this.#wait(arrivalMs, previous);
    }
    const own = this.#anchorTick + Math.round((timeMs - this.#anchorMs) * TICKS_PER_MS);
    // The clock goes on from where it stopped: it will not catch up with the pictures that it gave no time.
    if (stoodStill && own < previous - MAX_BACKWARD_STEP_MS * TICKS_PER_MS) {
      return this.#setClock(timeMs, this.#wait(arrivalMs, previous));
    }
    const backward = timeMs < this.#highMs && timeMs !== this.#lastMs;
    this.#highMs = Math.max(this.#highMs, timeMs);
    if (own > previous) {
      this.#median.add(own - previous);
      return own;
    }
    if (backward) this.#backward += 1;
    else this.#repeated += 1;
    return previous + 1;
  }

  /** Where a picture stands that only its arrival tells the time of. */
  #wait(arrivalMs: number | undefined, previous: number): number {
    const step = this.#arrivalStepTicks(arrivalMs);
    this.#median.add(step);
    return previous + step;
  }

  #clockWasSet(timeMs: number, arrivalMs: number | undefined): boolean {
    const step = timeMs - this.#highMs;
    const before = this.#lastArrivalMs;
    const isKnown = arrivalMs !== undefined && before !== undefined;
    return clockWasSet(step, isKnown ? arrivalMs - before : undefined);
  }

  /** What lies between two pictures when the clock was set between them. */
  #leapTicks(arrivalMs: number | undefined): number {
    const arrivalStep = this.#arrivalStepTicks(arrivalMs);
    const knowsArrivalAlone = this.#leaps > MAX_LEAPS && arrivalMs !== undefined;
    return knowsArrivalAlone ? arrivalStep : Math.max(this.#median.value, arrivalStep);
  }

  /** What the arrival says of the time since the previous picture: at least a millisecond. */
  #arrivalStepTicks(arrivalMs: number | undefined): number {
    const stepMs = (arrivalMs ?? 0) - (this.#lastArrivalMs ?? arrivalMs ?? 0);
    return Math.round(Math.min(Math.max(stepMs, 1), MAX_PAUSE_MS) * TICKS_PER_MS);
  }

  /** From here on, `timeMs` of the device stands at `tick`. */
  #setClock(timeMs: number, tick: number): number {
    this.#anchorMs = timeMs;
    this.#anchorTick = tick;
    this.#highMs = timeMs;
    return tick;
  }
}
