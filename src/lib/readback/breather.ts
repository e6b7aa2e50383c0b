/**
 * Lets the event loop have its turn during long work, so that cameras and signals are never kept waiting.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest work without a pause, milliseconds. */
const MAX_WORK_MS = 8;

/** How many calls go by between two looks at the clock. */
const CALLS_PER_LOOK = 16;

export class Breather {
  #calls = 0;
  #since = performance.now();

  /** Call before each small piece of work, and wait where it says so. */
  get isDue(): boolean {
    this.#calls += 1;
    if (this.#calls % CALLS_PER_LOOK !== 0) return false;
    return performance.now() - this.#since >= MAX_WORK_MS;
  }

  /** Gives the others their turn. Rejects when the signal has been given. */
  async pause(signal?: AbortSignal): Promise<void> {
    await nextTurn();
    signal?.throwIfAborted();
    this.#since = performance.now();
  }
}
