/**
 * Where the chunks are and how many samples each has: what stco or co64 and stsc will say.
 */
import { RowList } from './row-list.js';

const TWO_TO_32 = 0x1_0000_0000;
const MAX_U32 = TWO_TO_32 - 1;

export class ChunkRows {
  /** The lower 32 bits of each offset. Offsets go up by less than 2^32, so the upper ones can be told from them. */
  readonly #offsets = new RowList({ fields: 1, packed: true });
  /** first_chunk, samples_per_chunk and sample_description_index, for each run of equal chunks. */
  readonly #runs = new RowList({ fields: 3, packed: true });
  #lastLength = 0;
  #lastOffset = 0;

  get count(): number {
    return this.#offsets.count;
  }

  /** Runs of chunks with the same number of samples. */
  get runs(): number {
    return this.#runs.count;
  }

  /** Where the last chunk begins, bytes from the beginning of the file. */
  get lastOffset(): number {
    return this.#lastOffset;
  }

  /** Memory in use. */
  get byteLength(): number {
    return this.#offsets.byteLength + this.#runs.byteLength;
  }

  /** A chunk of `samples` samples at `offset`, behind the one before and less than 4 GiB from it. */
  push(offset: number, samples: number): void {
    this.#offsets.push(offset);
    this.#lastOffset = offset;
    if (samples === this.#lastLength) return;
    this.#lastLength = samples;
    this.#runs.push(this.count, samples, 1);
  }

  /** The rows of stsc. */
  runPages(): Generator<Uint8Array> {
    return this.#runs.pages();
  }

  /** Whether 32 bits do not suffice for the offsets when all of them are moved by `shift`. */
  isLarge(shift: number): boolean {
    return this.#lastOffset + shift > MAX_U32;
  }

  /** The rows of stco, or of co64 where `isLarge`. Only offsets that move or are large have to be computed. */
  *offsetPages(shift: number): Generator<Uint8Array> {
    const isLarge = this.isLarge(shift);
    if (shift === 0 && !isLarge) {
      yield* this.#offsets.pages();
      return;
    }
    const rowBytes = isLarge ? 8 : 4;
    let upper = 0;
    let before = 0;
    for (const page of this.#offsets.pages()) {
      const lower = new DataView(page.buffer, page.byteOffset, page.byteLength);
      const rows = new DataView(new ArrayBuffer((page.length / 4) * rowBytes));
      for (let row = 0; row < page.length / 4; row++) {
        const low = lower.getUint32(4 * row);
        if (low < before) upper += TWO_TO_32;
        before = low;
        const offset = upper + low + shift;
        if (isLarge) rows.setUint32(8 * row, Math.floor(offset / TWO_TO_32));
        rows.setUint32(rowBytes * row + rowBytes - 4, offset % TWO_TO_32);
      }
      yield new Uint8Array(rows.buffer);
    }
  }
}
