/**
 * One timer for all phones: hundreds of them, each with its own uneven rate, cost one wake-up per due moment.
 */
import type { Clock, Timer } from '../base/clock.js';

/** What is due this soon is done together with what is due now, milliseconds. */
const TOGETHER_MS = 1;

interface Entry {
  /** On the clock's monotonic scale, milliseconds. */
  readonly dueAt: number;
  readonly run: () => void;
}

export class Schedule {
  readonly #clock: Clock;
  readonly #entries = new Map<object, Entry>();
  #timer: Timer | undefined;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `run` once at `dueAt` (monotonic milliseconds); replaces what `owner` had asked for before. */
  at(owner: object, dueAt: number, run: () => void): void {
    this.#entries.set(owner, { dueAt, run });
    if (dueAt < this.#armedFor) this.#arm(dueAt);
  }

  cancel(owner: object): void {
    this.#entries.delete(owner);
    if (this.#entries.size === 0) this.#disarm();
  }

  #arm(dueAt: number): void {
    this.#timer?.cancel();
    this.#armedFor = dueAt;
    const wait = Math.max(0, Math.ceil(dueAt - this.#clock.monotonic()));
    this.#timer = this.#clock.after(wait, () => this.#wake());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #wake(): void {
    this.#disarm();
    const now = this.#clock.monotonic() + TOGETHER_MS;
    const due = [...this.#entries].filter(([, entry]) => entry.dueAt <= now);
    for (const [owner, entry] of due) {
      // An earlier one of this round may have cancelled or replaced it.
      if (this.#entries.get(owner) !== entry) continue;
      this.#entries.delete(owner);
      entry.run();
    }
    let next = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#entries.values()) next = Math.min(next, dueAt);
    if (next < this.#armedFor) this.#arm(next);
  }
}
