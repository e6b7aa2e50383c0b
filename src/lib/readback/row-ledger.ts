/**
 * Which rows of a session's index can be trusted: those in front that are whole, leave no gaps, and have all their
 * bytes in the raw stream. Nothing behind the first one that fails is believed.
 */
import type { IndexRow } from '../storage/frame-index.js';

/** Why the trusted rows end before the index does. */
export interface RowsProblem {
  /** A clause for the person. */
  readonly reason: string;
  /** At fault is the index itself, not the raw stream that is shorter or other than it says. */
  readonly inIndex: boolean;
  /** It is what a crash leaves: nothing but an unfinished end is missing. */
  readonly torn: boolean;
}

export class RowLedger {
  readonly #rawSize: number;
  #count = 0;
  #end = 0;
  #last: IndexRow | undefined;
  #problem: RowsProblem | undefined;
  #lastDropped: IndexRow | undefined;
  #droppedPictures = 0;

  /** `rawSize`: bytes of the raw stream. */
  constructor(rawSize: number) {
    this.#rawSize = rawSize;
  }

  /** Trusted rows. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the raw stream that the trusted rows cover. */
  get end(): number {
    return this.#end;
  }

  /** The last trusted row. */
  get last(): IndexRow | undefined {
    return this.#last;
  }

  get problem(): RowsProblem | undefined {
    return this.#problem;
  }

  /** Rows that are there, not trusted, and stood for pictures. */
  get droppedPictures(): number {
    return this.#droppedPictures;
  }

  /** The last row that is there and not trusted. */
  get lastDropped(): IndexRow | undefined {
    return this.#lastDropped;
  }

  /** Whether the next row of the index can be trusted as far as its numbers go; else it is dropped here. */
  admits(row: IndexRow): boolean {
    this.#problem ??= this.#problemOf(row);
    if (this.#problem !== undefined) this.#drop(row);
    return this.#problem === undefined;
  }

  /** The admitted row is trusted. */
  trust(row: IndexRow): void {
    this.#count += 1;
    this.#end = row.offset + row.size;
    this.#last = row;
  }

  /** The admitted row is not trusted after all: its bytes are not those that were written. */
  distrust(row: IndexRow): void {
    const reason = `the bytes of packet ${row.sequence} are not those that were written`;
    this.#problem = { reason, inIndex: false, torn: true };
    this.#drop(row);
  }

  /** The index ends here, for this reason. */
  indexDamaged(reason: string, torn: boolean): void {
    this.#problem ??= { reason, inIndex: true, torn };
  }

  #problemOf({ sequence, offset, size }: IndexRow): RowsProblem | undefined {
    if (offset !== this.#end) {
      const reason = `the row of packet ${sequence} begins at byte ${offset} instead of ${this.#end}`;
      return { reason, inIndex: true, torn: false };
    }
    if (offset + size <= this.#rawSize) return undefined;
    const reason = `the row of packet ${sequence} ends at byte ${offset + size} of a stream.h264 of ${this.#rawSize}`;
    return { reason, inIndex: false, torn: true };
  }

  #drop(row: IndexRow): void {
    this.#lastDropped = row;
    if (row.kind !== 'config') this.#droppedPictures += 1;
  }
}
