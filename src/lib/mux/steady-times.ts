/**
 * When the pictures of a raw stream without an index are shown: as far apart as its rate says, which may change with its
 * parameter sets.
 */
import type { VideoDescription } from '../h264/coded-picture.js';
import { toldRate, toldRateOrUsual } from './stream-rate.js';

export class SteadyTimes {
  readonly #given: number | undefined;
  readonly #warnings: string[];
  #intervalMs = 0;
  #begun = false;
  /** Where the rate began that is in force, and the pictures since. */
  #beginMs = 0;
  #pictures = 0;

  /** `given`: pictures per second, where somebody says so; else it is what the stream tells. */
  constructor(given: number | undefined, warnings: string[]) {
    this.#given = given;
    this.#warnings = warnings;
  }

  /** From one picture to the next by the rate that is in force, milliseconds; 0 before the first picture. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Milliseconds from the first picture to the next one, in decoding order; `description`: the one that begins there. */
  next(description: VideoDescription | undefined): number {
    const atMs = this.#beginMs + this.#pictures * this.#intervalMs;
    const intervalMs = this.#intervalFrom(description);
    if (intervalMs !== this.#intervalMs) {
      this.#intervalMs = intervalMs;
      this.#beginMs = atMs;
      this.#pictures = 0;
    }
    this.#pictures += 1;
    return atMs;
  }

  #intervalFrom(description: VideoDescription | undefined): number {
    if (!this.#begun) {
      this.#begun = true;
      return 1000 / (this.#given ?? toldRateOrUsual(description, this.#warnings));
    }
    const told = this.#given === undefined ? toldRate(description) : undefined;
    return told === undefined ? this.#intervalMs : 1000 / told;
  }
}
