/**
 * The rows of one table of the moov, kept as the bytes that the table will consist of. When a recording ends, tables of
 * hours are copied and not computed: code that makes their rows would run for the first time then, and slowly.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Pages double, so that a short recording costs little and a long one is never copied. */
const FIRST_PAGE_ROWS = 32;
const LAST_PAGE_ROWS = 8 * 1024;

const FIELD_BYTES = 4;

/** Fast, and enough: rows of one table hardly differ. */
const PACKING = { level: 1 } as const;

export interface RowListOptions {
  /** 32-bit fields of a row. */
  readonly fields: 1 | 2 | 3;
  /** Whether full pages are compressed: for rows that are much alike. */
  readonly packed: boolean;
}

export class RowList {
  readonly #rowBytes: number;
  readonly #packed: boolean;
  /** Pages that are full; those of the last size are compressed if they are to be. */
  readonly #full: { readonly bytes: Uint8Array; readonly packed: boolean }[] = [];
  #fullBytes = 0;
  #fullRows = 0;
  #page: DataView;
  #used = 0;

  constructor({ fields, packed }: RowListOptions) {
    this.#rowBytes = fields * FIELD_BYTES;
    this.#packed = packed;
    this.#page = this.#pageOf(FIRST_PAGE_ROWS);
  }

  get count(): number {
    return this.#fullRows + this.#used / this.#rowBytes;
  }

  /** Bytes of all rows, as `pages` gives them. */
  get size(): number {
    return this.count * this.#rowBytes;
  }

  /** Memory in use, room for growth included. */
  get byteLength(): number {
    return this.#fullBytes + this.#page.byteLength;
  }

  /** Adds a row of as many fields as rows have, each modulo 2^32. */
  push(first: number, second = 0, third = 0): void {
    if (this.#used === this.#page.byteLength) this.#turnPage();
    const page = this.#page;
    const at = this.#used;
    const rowBytes = this.#rowBytes;
    page.setUint32(at, first);
    if (rowBytes > FIELD_BYTES) page.setUint32(at + FIELD_BYTES, second);
    if (rowBytes > 2 * FIELD_BYTES) page.setUint32(at + 2 * FIELD_BYTES, third);
    this.#used = at + rowBytes;
  }

  /** All rows, big endian, a page at a time. Not to be changed: some are views. */
  *pages(): Generator<Uint8Array> {
    for (const { bytes, packed } of this.#full)
      yield packed ? inflateRawSync(bytes, { chunkSize: LAST_PAGE_ROWS * this.#rowBytes }) : bytes;
    yield new Uint8Array(this.#page.buffer, 0, this.#used);
  }

  #pageOf(rows: number): DataView {
    return new DataView(new ArrayBuffer(rows * this.#rowBytes));
  }

  #turnPage(): void {
    const page = new Uint8Array(this.#page.buffer);
    const rows = page.length / this.#rowBytes;
    const packed = this.#packed && rows === LAST_PAGE_ROWS;
    // Copied: zlib leaves its result in a larger piece of memory.
    const bytes = packed ? new Uint8Array(deflateRawSync(page, PACKING)) : page;
    this.#full.push({ bytes, packed });
    this.#fullBytes += bytes.length;
    this.#fullRows += rows;
    this.#page = this.#pageOf(Math.min(rows * 2, LAST_PAGE_ROWS));
    this.#used = 0;
  }
}
