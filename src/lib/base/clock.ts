/**
 * Time, injected wherever it matters so that tests decide what it is.
 */

/** A timer that can be cancelled. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall-clock time in milliseconds since the epoch; may jump when the system's clock is set. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonic(): number;
  /** Calls `callback` once, `delayMs` from now. The timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer;
  /** Calls `callback` every `periodMs`. The timer does not keep the process alive. */
  every(periodMs: number, callback: () => void): Timer;
}

/**
 * So late comes what is due only when this process was suspended or held up, and its peers were not: what they said
 * meanwhile waits to be read, and is read before anybody decides that they kept silent.
 */
const HELD_UP_MS = 500;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    const call = new DueCall(callback);
    const dueMs = performance.now() + delayMs;
    const timer = setTimeout(() => call.make(dueMs), delayMs);
    timer.unref();
    return {
      cancel: () => {
        clearTimeout(timer);
        call.cancel();
      },
    };
  },
  every(periodMs, callback) {
    const call = new DueCall(callback);
    let dueMs = performance.now() + periodMs;
    const timer = setInterval(() => {
      call.make(dueMs);
      dueMs = performance.now() + periodMs;
    }, periodMs);
    timer.unref();
    return {
      cancel: () => {
        clearInterval(timer);
        call.cancel();
      },
    };
  },
};

/** One that comes late is made behind the reads of this turn of the event loop: immediates follow them. */
class DueCall {
  readonly #callback: () => void;
  #behindReads: NodeJS.Immediate | undefined;

  constructor(callback: () => void) {
    this.#callback = callback;
  }

  make(dueMs: number): void {
    if (performance.now() - dueMs < HELD_UP_MS) this.#callback();
    else this.#behindReads = setImmediate(this.#callback).unref();
  }

  cancel(): void {
    clearImmediate(this.#behindReads);
  }
}
