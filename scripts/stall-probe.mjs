// How long the machine kept this process waiting at worst, for a timer or for the write of a few bytes: what it takes
// from every process while it is busy with others.
import { open } from 'node:fs/promises';

const EVERY_MS = 10;
const BYTES = Buffer.alloc(100);

export class StallProbe {
  #file;
  #worstMs = 0;
  #ranMs = performance.now();
  #writingSinceMs;

  constructor(path) {
    this.#file = open(path, 'a');
    setInterval(() => this.#look(), EVERY_MS).unref();
  }

  begin() {
    this.#worstMs = 0;
  }

  /** The longest wait since `begin`, milliseconds. */
  end() {
    this.#note(performance.now() - (this.#writingSinceMs ?? performance.now()));
    return Math.round(this.#worstMs);
  }

  #look() {
    const nowMs = performance.now();
    this.#note(nowMs - this.#ranMs - EVERY_MS);
    this.#ranMs = nowMs;
    if (this.#writingSinceMs === undefined) this.#write(nowMs);
  }

  async #write(nowMs) {
    this.#writingSinceMs = nowMs;
    await (await this.#file).write(BYTES);
    this.#note(performance.now() - nowMs);
    this.#writingSinceMs = undefined;
  }

  #note(waitedMs) {
    this.#worstMs = Math.max(this.#worstMs, waitedMs);
  }
}
