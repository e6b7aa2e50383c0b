/**
 * Lines on their way to standard error, written behind the daemon's back: a terminal that Ctrl-S has stopped, a pager in
 * which nobody turns the page and a full disk may hold up or lose lines of the log, but no camera.
 */
import { write, writeSync } from 'node:fs';
import { systemErrorCode } from '../base/errors.js';

/** What lines are written to. */
export interface LogOutput {
  write(bytes: Buffer, done: (error: Error | null, written: number) => void): void;
  /** Returns how much was written. */
  writeSync(bytes: Buffer): number;
}

/** Lines beyond so much are lost. */
export const MAX_HELD_BYTES = 1 << 20;

/** A full disk is tried again after so long. */
const RETRY_MS = 1000;
/** A reader that is busy, behind a descriptor that does not wait, is asked again after so long. */
const BUSY_MS = 50;

export const standardError: LogOutput = {
  write: (bytes, done) => write(2, bytes, done),
  writeSync: (bytes) => writeSync(2, bytes),
};

/** `pausing` after a failure; once `gone`, nobody will read anything. */
type State = 'idle' | 'writing' | 'pausing' | 'gone';

export class LogQueue {
  readonly #output: LogOutput;
  readonly #onLost: (lines: number) => void;
  #waiting: Buffer[] = [];
  /** What is being written, less what has been. */
  #current: Buffer = Buffer.alloc(0);
  #heldBytes = 0;
  #state: State = 'idle';
  #lost = 0;
  #onSettled: (() => void)[] = [];

  /** `onLost` is told, once lines can be written again, how many were lost; it may write a line about that. */
  constructor(output: LogOutput, onLost: (lines: number) => void) {
    this.#output = output;
    this.#onLost = onLost;
  }

  /** Takes text that ends with a line feed. Never waits, never throws. */
  write(line: string): void {
    if (this.#state === 'gone') return;
    const bytes = Buffer.from(line);
    if (this.#heldBytes + bytes.length > MAX_HELD_BYTES) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(bytes);
    this.#heldBytes += bytes.length;
    this.#next();
  }

  /** Resolves when everything has been written, or after `atMostMs`. */
  settled(atMostMs: number): Promise<void> {
    if (this.#heldBytes === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, atMostMs);
      this.#onSettled.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Writes what waits at once, for a process that ends: the last words before a crash are the ones that matter. */
  flushSync(): void {
    // What a thread is writing is its own to finish, be it after the rest.
    const own = this.#state === 'writing' ? [] : [this.#current];
    let rest = Buffer.concat([...own, ...this.#waiting]);
    this.#state = 'gone';
    try {
      while (rest.length > 0) rest = rest.subarray(this.#output.writeSync(rest));
    } catch {
      // There is nobody left to tell.
    }
  }

  #next(): void {
    if (this.#state !== 'idle') return;
    if (this.#current.length === 0) {
      this.#current = Buffer.concat(this.#waiting);
      this.#waiting = [];
    }
    if (this.#current.length === 0) {
      this.#tellSettled();
      return;
    }
    this.#state = 'writing';
    this.#output.write(this.#current, (error, written) => {
      if (this.#state === 'gone') return;
      this.#state = 'idle';
      if (error) this.#failed(error);
      else this.#wrote(written);
    });
  }

  #wrote(bytes: number): void {
    this.#current = this.#current.subarray(bytes);
    this.#heldBytes -= bytes;
    const lost = this.#lost;
    if (lost > 0 && this.#current.length === 0) {
      this.#lost = 0;
      this.#onLost(lost);
    }
    this.#next();
  }

  #failed(error: Error): void {
    const code = systemErrorCode(error);
    if (code === 'EPIPE' || code === 'EBADF') {
      this.#state = 'gone';
      this.#waiting = [];
      this.#heldBytes = 0;
      this.#tellSettled();
      return;
    }
    this.#state = 'pausing';
    const again = () => {
      this.#state = 'idle';
      this.#next();
    };
    setTimeout(again, code === 'EAGAIN' ? BUSY_MS : RETRY_MS).unref();
  }

  #tellSettled(): void {
    for (const tell of this.#onSettled.splice(0)) tell();
  }
}
