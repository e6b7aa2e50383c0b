/**
 * Work of which one run goes on at a time. All who ask while one does share the next: however many they are, and however
 * slow the work, each waits for two runs at most and no queue of them grows.
 */
export class CoalescedRuns {
  readonly #work: () => Promise<void>;
  #running: Promise<void> | undefined;
  /** Begins when the one that goes on has ended. */
  #next: Promise<void> | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** The run that goes on, if one does. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** A run that had not begun before this call. Settles as the work does. */
  run(): Promise<void> {
    // First: the last run may have ended while the next is yet to begin.
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#begin();
    const begin = () => this.#begin();
    this.#next = this.#running.then(begin, begin);
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    // Not at once: the work itself may ask for the next run.
    const work = Promise.resolve().then(() => this.#work());
    this.#running = work.finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
