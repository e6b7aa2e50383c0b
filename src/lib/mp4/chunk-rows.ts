/**
 * Where the chunks are and how many samples each has: what stco or co64 and stsc will say.
 */
import { RowList } from './row-list.js';

const MAX_U32 = 0xffff_ffff;

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

  /** Whether 32 bits do not suffice for the offsets. */
  get isLarge(): boolean {
    return this.#lastOffset > MAX_U32;
  }

  /** The rows of stco, or of co64 where `isLarge`. */
  *offsetPages(): Generator<Uint8Array> {
    if (!this.isLarge) {
      yield* this.#offsets.pages();
      return;
    }
    let upper = 0;
    let before = 0;
    for (const page of this.#offsets.pages()) {
      const lower = new DataView(page.buffer, page.byteOffset, page.byteLength);
      const rows = new DataView(new ArrayBuffer(2 * page.length));
      for (let at = 0; at < page.length; at += 4) {
        const low = lower.getUint32(at);
        if (low < before) upper += 1;
        before = low;
        rows.setUint32(2 * at, upper);
        rows.setUint32(2 * at + 4, low);
      }
      yield new Uint8Array(rows.buffer);
    }
  }
}
