/**
 * Events that a bad peer can cause by the million: the first of a kind is logged at once, the others are counted and
 * logged as one line now and then, so that the log stays readable and nothing goes uncounted.
 */
import type { Clock, Timer } from '../base/clock.js';

const REPEAT_EVERY_MS = 5_000;

/** Kinds that are told apart; further ones share the last. */
const MAX_KINDS = 64;

export class RepeatLog {
  readonly #clock: Clock;
  readonly #log: (kind: string, count: number, total: number) => void;
  readonly #totals = new Map<string, number>();
  readonly #unlogged = new Map<string, number>();
  #timer: Timer | undefined;

  /** `log` is called with the number of new events of a kind, and of all so far. */
  constructor(clock: Clock, log: (kind: string, count: number, total: number) => void) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Counts so far, by kind. */
  get totals(): ReadonlyMap<string, number> {
    return this.#totals;
  }

  add(kind: string, count = 1): void {
    const known = this.#totals.has(kind) || this.#totals.size < MAX_KINDS ? kind : 'other';
    const total = (this.#totals.get(known) ?? 0) + count;
    const isFirst = !this.#totals.has(known);
    this.#totals.set(known, total);
    if (isFirst) {
      this.#log(known, count, total);
      return;
    }
    this.#unlogged.set(known, (this.#unlogged.get(known) ?? 0) + count);
    this.#timer ??= this.#clock.after(REPEAT_EVERY_MS, () => this.flush());
  }

  /** Logs what has been counted and not yet logged. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const [kind, count] of this.#unlogged) this.#log(kind, count, this.#totals.get(kind) ?? 0);
    this.#unlogged.clear();
  }
}
