/**
 * When the clock of a device counts as set, and not as what the time is: for the timeline of the MP4 and for whatever
 * else shows a recording over time.
 */

/** A step back up to here leaves the clock as it is; a greater one means that the clock was set. */
export const MAX_BACKWARD_STEP_MS = 500;

/**
 * How much further than the arrival the device's clock may have gone before it counts as set. A phone whose network
 * stalls holds up to 16 MiB, half a minute at 4 Mbit/s, and delivers it at once: real gaps then arrive as none.
 */
const MAX_FORWARD_EXCESS_MS = 60_000;

/** The longest pause that is kept at its length: in the MP4 it has to fit into 31 bits of ticks, 6.6 hours. */
export const MAX_PAUSE_MS = 6 * 3600 * 1000;

/**
 * Whether the clock was set between two pictures. `stepMs`: from the latest time before to the time of the picture;
 * `arrivalStepMs`: from the arrival of the picture before, where it is known. Milliseconds.
 */
export function clockWasSet(stepMs: number, arrivalStepMs: number | undefined): boolean {
  if (stepMs < -MAX_BACKWARD_STEP_MS || stepMs > MAX_PAUSE_MS) return true;
  if (arrivalStepMs === undefined) return false;
  return stepMs > Math.max(arrivalStepMs, 0) + MAX_FORWARD_EXCESS_MS;
}

/** So many pictures may repeat the time of the one before them, in a row. With more of them the clock stands still. */
const MAX_REPEATS = 2;

/** Tells a clock that stands still from one with a repeated time, by the times of the pictures one after another. */
export class StandstillDetector {
  #lastMs: number | undefined;
  #repeatsInRow = 0;

  /** Whether the clock stands still at the last picture. */
  get standsStill(): boolean {
    return this.#repeatsInRow > MAX_REPEATS;
  }

  /** Call for each picture; `timeMs`: its device time, milliseconds. */
  see(timeMs: number): void {
    this.#repeatsInRow = timeMs === this.#lastMs ? this.#repeatsInRow + 1 : 0;
    this.#lastMs = timeMs;
  }
}
