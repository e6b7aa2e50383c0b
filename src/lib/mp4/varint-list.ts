/**
 * A list of whole numbers that only grows, one byte per seven bits: what a sample table is kept in.
 * Pages double up to a limit, so that a short recording costs little and a long one is never copied.
 */

const FIRST_PAGE_BYTES = 128;
const LAST_PAGE_BYTES = 64 * 1024;

/** 53 bits, seven at a time. */
const MAX_VALUE_BYTES = 8;

/** From here on, shifts of 32 bits no longer hold the value. */
const MAX_SHIFTED = 2 ** 28;

export class VarintList {
  /** Full pages, cut to what is used of them. */
  readonly #full: Uint8Array[] = [];
  #fullBytes = 0;
  #page = new Uint8Array(FIRST_PAGE_BYTES);
  #used = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Memory in use, room for growth included. */
  get byteLength(): number {
    return this.#fullBytes + this.#page.length;
  }

  /** `value`: 0 to 2^53 - 1. */
  push(value: number): void {
    if (this.#page.length - this.#used < MAX_VALUE_BYTES) this.#turnPage();
    while (value >= MAX_SHIFTED) {
      this.#page[this.#used++] = (value % 128) + 128;
      value = Math.floor(value / 128);
    }
    while (value >= 128) {
      this.#page[this.#used++] = (value & 127) | 128;
      value >>>= 7;
    }
    this.#page[this.#used++] = value;
    this.#count += 1;
  }

  /** Reads from the beginning. Nothing may be pushed meanwhile. */
  reader(): VarintReader {
    return new VarintReader([...this.#full, this.#page.subarray(0, this.#used)]);
  }

  #turnPage(): void {
    this.#full.push(this.#page.subarray(0, this.#used));
    this.#fullBytes += this.#page.length;
    this.#page = new Uint8Array(Math.min(this.#page.length * 2, LAST_PAGE_BYTES));
    this.#used = 0;
  }
}

export class VarintReader {
  readonly #pages: readonly Uint8Array[];
  #pageNumber = 0;
  #page: Uint8Array;
  #at = 0;

  constructor(pages: readonly Uint8Array[]) {
    this.#pages = pages;
    this.#page = pages[0] ?? new Uint8Array(0);
  }

  /** The next value; 0 past the end. */
  next(): number {
    if (this.#at === this.#page.length) this.#turnPage();
    let value = 0;
    let scale = 1;
    while (this.#at < this.#page.length) {
      const byte = this.#page[this.#at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
    return value;
  }

  #turnPage(): void {
    const next = this.#pages[this.#pageNumber + 1];
    if (next === undefined) return;
    this.#pageNumber += 1;
    this.#page = next;
    this.#at = 0;
  }
}
