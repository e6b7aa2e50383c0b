/**
 * A ByteSink in memory, for tests of what is written.
 */
import type { ByteSink } from '../../src/lib/base/byte-sink.js';

export class MemorySink implements ByteSink {
  readonly pending = 0;
  /** What to fail with at the next flush. */
  failure: Error | undefined;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** How many appends there were. */
  appends = 0;

  append(chunks: readonly Uint8Array[]): void {
    this.appends += 1;
    for (const chunk of chunks) {
      this.#chunks.push(Buffer.from(chunk));
      this.#length += chunk.length;
    }
  }

  overwrite(position: number, bytes: Uint8Array): void {
    const whole = this.bytes();
    whole.set(bytes, position);
    this.#chunks.splice(0, this.#chunks.length, whole);
  }

  async flush(): Promise<void> {
    if (this.failure) throw this.failure;
  }

  async sync(): Promise<void> {
    await this.flush();
  }

  async close(): Promise<void> {
    await this.flush();
  }

  /** A copy of the file as it is now. */
  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
