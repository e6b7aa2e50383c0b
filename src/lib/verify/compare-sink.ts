/**
 * A sink that writes nothing: it compares what would be written with a file that is there, byte for byte.
 */
import type { ByteSink } from '../base/byte-sink.js';
import type { RawReader } from '../readback/raw-reader.js';

interface Queued {
  readonly position: number;
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
}

export class CompareSink implements ByteSink {
  /** Nothing where there is no such file. */
  readonly #file: RawReader | undefined;
  /** What was appended first: the only bytes that are rewritten later, so they are compared last. */
  #head: Buffer | undefined;
  #queue: Queued[] = [];
  #length = 0;
  #pending = 0;
  #differsAt: number | undefined;

  constructor(file: RawReader | undefined) {
    this.#file = file;
  }

  get length(): number {
    return this.#length;
  }

  get pending(): number {
    return this.#pending;
  }

  append(chunks: readonly Uint8Array[]): void {
    if (this.#head === undefined) {
      this.#head = Buffer.concat(chunks);
      this.#length = this.#head.length;
      return;
    }
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#queue.push({ position: this.#length, chunks, bytes });
    this.#length += bytes;
    this.#pending += bytes;
  }

  overwrite(position: number, bytes: Uint8Array): void {
    const head = this.#head;
    if (head !== undefined && position + bytes.length <= head.length) head.set(bytes, position);
    else this.#differ(position);
  }

  async flush(): Promise<void> {
    const queue = this.#queue;
    this.#queue = [];
    for (const { position, chunks, bytes } of queue) {
      let at = position;
      for (const chunk of chunks) {
        await this.#compare(at, chunk);
        at += chunk.length;
      }
      this.#pending -= bytes;
    }
  }

  async sync(): Promise<void> {
    await this.flush();
  }

  async close(): Promise<void> {
    await this.flush();
  }

  /** What is wrong with the file, as a clause; nothing where it is what would have been written. Call when all is. */
  async verdict(): Promise<string | undefined> {
    await this.flush();
    if (this.#file === undefined) return 'is missing';
    if (this.#head !== undefined) await this.#compare(0, this.#head);
    const { size } = this.#file;
    if ((this.#differsAt ?? size) < size) return `differs at byte ${this.#differsAt}`;
    if (size === this.#length) return undefined;
    return `has ${size} bytes instead of ${this.#length}`;
  }

  async #compare(position: number, chunk: Uint8Array): Promise<void> {
    const file = this.#file;
    if (file === undefined || (this.#differsAt ?? Number.POSITIVE_INFINITY) < position) return;
    const there = Math.min(chunk.length, Math.max(0, file.size - position));
    const mine = chunk.subarray(0, there);
    if (there > 0) {
      const bytes = file.view(position, there) ?? (await file.read(position, there));
      if (!bytes.equals(mine)) {
        this.#differ(position + mine.findIndex((byte, index) => byte !== bytes[index]));
      }
    }
    if (there < chunk.length) this.#differ(position + there);
  }

  #differ(position: number): void {
    this.#differsAt = Math.min(this.#differsAt ?? position, position);
  }
}
