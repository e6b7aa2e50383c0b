/**
 * Runs of equal values, as rows of their length and their value: decoding times and composition offsets.
 */
import { RowList } from './row-list.js';

export class RunRows {
  readonly #closed = new RowList({ fields: 2, packed: true });
  #value = 0;
  #length = 0;

  /** Runs of equal values so far. */
  get count(): number {
    return this.#closed.count + (this.#length > 0 ? 1 : 0);
  }

  /** Memory in use. */
  get byteLength(): number {
    return this.#closed.byteLength;
  }

  /** `value`: a whole number of 32 bits, with or without sign. */
  push(value: number): void {
    if (value === this.#value || this.#length === 0) {
      this.#value = value;
      this.#length += 1;
      return;
    }
    this.#closed.push(this.#length, this.#value);
    this.#value = value;
    this.#length = 1;
  }

  /** All runs, big endian, some at a time. */
  *pages(): Generator<Uint8Array> {
    yield* this.#closed.pages();
    if (this.#length === 0) return;
    const last = new DataView(new ArrayBuffer(8));
    last.setUint32(0, this.#length);
    last.setUint32(4, this.#value);
    yield new Uint8Array(last.buffer);
  }
}
