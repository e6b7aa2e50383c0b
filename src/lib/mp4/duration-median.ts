/**
 * The median of the latest durations, in bounded memory.
 */

/** Durations that are remembered: some ten seconds at 25 pictures a second. */
const WINDOW = 255;

/** Ticks; what a picture lasts when nothing else is known: a tenth of a second. */
const DEFAULT_DURATION = 9000;

export class DurationMedian {
  readonly #latest = new Uint32Array(WINDOW);
  #added = 0;
  #expected = DEFAULT_DURATION;

  /** What it is until durations are known, ticks. */
  expect(duration: number): void {
    this.#expected = duration;
  }

  /** `duration`: ticks. */
  add(duration: number): void {
    this.#latest[this.#added % WINDOW] = duration;
    this.#added += 1;
  }

  /** Ticks; the lower one of the two in the middle. */
  get value(): number {
    const known = Math.min(this.#added, WINDOW);
    const sorted = this.#latest.slice(0, known).sort();
    return sorted[(known - 1) >> 1] ?? this.#expected;
  }
}
