/**
 * How often something may happen: a bucket of tokens that fills at a steady rate.
 */
import type { Clock } from '../base/clock.js';

export class RateLimit {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAtMs: number;

  /** `burst` at once, and `perSecond` for ever. */
  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAtMs = clock.monotonic();
  }

  /** Takes so many tokens; false, and none, where there are fewer. */
  admit(tokens = 1): boolean {
    if (this.#tokens < tokens) this.#fill();
    if (this.#tokens < tokens) return false;
    this.#tokens -= tokens;
    return true;
  }

  /** Filled only when too few are left: the clock is not asked for each packet. */
  #fill(): void {
    const nowMs = this.#clock.monotonic();
    const filled = ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + filled);
    this.#filledAtMs = nowMs;
  }
}
