/**
 * The delay from a camera to this screen. Of a camera that stamps its pictures with wall-clock time (our browser
 * camera does, by the daemon's clock) it is known; of one that counts from its start only what comes on top of its
 * least delayed picture.
 */

/** A camera whose time is this close to the arrival goes by the wall clock: clocks since boot are decades away. */
const WALL_CLOCK_WITHIN_MS = 60_000;

/** How long the least delayed picture counts: clocks drift. */
const LEAST_OVER_MS = 30_000;

/** Part of a new value in the shown one. */
const SMOOTHING = 0.15;

export interface Delay {
  readonly ms: number;
  /** Nothing is known of the way from the lens to the first byte that comes. */
  readonly atLeast: boolean;
}

export interface PictureTimes {
  /** Device clock, milliseconds. */
  readonly timestampMs: number;
  /** Daemon's clock, milliseconds since the epoch. */
  readonly arrivalMs: number;
}

export class DelayMeter {
  /** The least arrival minus device time of this period, and of the one before. */
  #least: [present: number, before: number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  #periodStartMs = 0;
  #shownMs: number | undefined;
  #atLeast = false;

  /** A picture is on the screen at `shownMs` by the daemon's clock. */
  add({ timestampMs, arrivalMs }: PictureTimes, shownMs: number): void {
    const differenceMs = arrivalMs - timestampMs;
    this.#atLeast = Math.abs(differenceMs) > WALL_CLOCK_WITHIN_MS;
    const toServerMs = this.#atLeast ? this.#aboveLeast(differenceMs, arrivalMs) : differenceMs;
    const delayMs = Math.max(0, toServerMs + shownMs - arrivalMs);
    this.#shownMs =
      this.#shownMs === undefined ? delayMs : this.#shownMs + SMOOTHING * (delayMs - this.#shownMs);
  }

  /** Nothing before the first picture. */
  get delay(): Delay | undefined {
    return this.#shownMs === undefined ? undefined : { ms: this.#shownMs, atLeast: this.#atLeast };
  }

  /** Begins anew, as after a break. */
  reset(): void {
    this.#shownMs = undefined;
  }

  #aboveLeast(differenceMs: number, arrivalMs: number): number {
    if (arrivalMs - this.#periodStartMs > LEAST_OVER_MS) {
      this.#least = [Number.POSITIVE_INFINITY, this.#least[0]];
      this.#periodStartMs = arrivalMs;
    }
    const [present, before] = this.#least;
    // A new capture may count from another start: far below the least, and far above it, begin anew.
    const least = Math.min(present, before, differenceMs);
    if (differenceMs - least > WALL_CLOCK_WITHIN_MS) {
      this.#least = [differenceMs, Number.POSITIVE_INFINITY];
      return 0;
    }
    this.#least[0] = Math.min(present, differenceMs);
    return differenceMs - least;
  }
}
