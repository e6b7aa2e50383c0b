/**
 * A clock that stands still until a test moves it.
 */
import type { Clock, Timer } from '../../src/lib/base/clock.js';

interface Due {
  atMs: number;
  readonly everyMs: number | undefined;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  #nowMs = 0;
  #epochMs: number;
  readonly #timers = new Set<Due>();

  constructor(epochMs = Date.UTC(2025, 0, 2, 3, 4, 5)) {
    this.#epochMs = epochMs;
  }

  now(): number {
    return this.#epochMs + this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#add({ atMs: this.#nowMs + delayMs, everyMs: undefined, callback });
  }

  every(periodMs: number, callback: () => void): Timer {
    return this.#add({ atMs: this.#nowMs + periodMs, everyMs: periodMs, callback });
  }

  /** Lets time pass and calls what falls due, in order. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers]
        .filter(({ atMs }) => atMs <= end)
        .sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#nowMs = next.atMs;
      if (next.everyMs === undefined) this.#timers.delete(next);
      else next.atMs += next.everyMs;
      next.callback();
    }
    this.#nowMs = end;
  }

  /** Time passes in which the process does not run: what fell due is called once, late. */
  suspend(ms: number): void {
    this.#nowMs += ms;
    for (const due of [...this.#timers].filter(({ atMs }) => atMs <= this.#nowMs)) {
      if (due.everyMs === undefined) this.#timers.delete(due);
      else due.atMs = this.#nowMs + due.everyMs;
      due.callback();
    }
  }

  /** Somebody sets the wall clock. */
  setWallClock(byMs: number): void {
    this.#epochMs += byMs;
  }

  #add(due: Due): Timer {
    this.#timers.add(due);
    return { cancel: () => this.#timers.delete(due) };
  }
}
