/**
 * Sizes of samples, kept as the bytes that the stsz box will consist of.
 */

const FIRST_PAGE_BYTES = 512;
const LAST_PAGE_BYTES = 64 * 1024;
const SIZE_BYTES = 4;

export class SizeList {
  readonly #full: Uint8Array[] = [];
  #fullBytes = 0;
  #page = new DataView(new ArrayBuffer(FIRST_PAGE_BYTES));
  #used = 0;

  get count(): number {
    return (this.#fullBytes + this.#used) / SIZE_BYTES;
  }

  /** Memory in use, room for growth included. */
  get byteLength(): number {
    return this.#fullBytes + this.#page.byteLength;
  }

  /** `size`: bytes, below 2^32. */
  push(size: number): void {
    if (this.#used === this.#page.byteLength) this.#turnPage();
    this.#page.setUint32(this.#used, size);
    this.#used += SIZE_BYTES;
  }

  /** All sizes, 32 bits each, big endian, a page at a time. Views: not to be changed. */
  *pages(): Generator<Uint8Array> {
    yield* this.#full;
    yield new Uint8Array(this.#page.buffer, 0, this.#used);
  }

  #turnPage(): void {
    this.#full.push(new Uint8Array(this.#page.buffer));
    this.#fullBytes += this.#page.byteLength;
    this.#page = new DataView(
      new ArrayBuffer(Math.min(this.#page.byteLength * 2, LAST_PAGE_BYTES)),
    );
    this.#used = 0;
  }
}
