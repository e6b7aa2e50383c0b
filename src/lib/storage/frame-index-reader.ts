/**
 * Reads `frames.csv` as a stream, whatever state a crash left it in.
 */
import type { Disk } from './disk.js';
import { INDEX_HEADER, type IndexRow, MAX_ROW_BYTES, parseIndexRow } from './frame-index.js';

/** Why reading ended before the end of the file. */
export type IndexDamage = {
  /** Line number, the header being line 1. */
  readonly line: number;
  readonly reason: string;
  /** True when it is the last line and nothing follows: what a crash in the middle of a write leaves. */
  readonly torn: boolean;
};

export type IndexItem =
  | { readonly kind: 'rows'; readonly rows: IndexRow[] }
  | { readonly kind: 'damage'; readonly damage: IndexDamage };

/** A thousand rows or so: what is parsed without a pause. */
const READ_BYTES = 64 * 1024;

const LINE_FEED = 0x0a;
const HEADER = Buffer.from(INDEX_HEADER.trimEnd(), 'latin1');

/**
 * Yields the rows in batches and at most one `damage`, which is the last item: rows behind a damaged one are not trusted.
 * A last line without its line feed is torn. Throws what the disk throws when the file cannot be read.
 */
export async function* readFrameIndex(disk: Disk, path: string): AsyncGenerator<IndexItem> {
  const file = await disk.open(path, 'read');
  try {
    const lines = new IndexLines();
    let position = 0;
    for (;;) {
      const count = await file.read(lines.room, position);
      if (count === 0) break;
      position += count;
      yield { kind: 'rows', rows: lines.take(count) };
      if (lines.damage !== undefined) break;
    }
    const damage = lines.damage ?? lines.damageAtEnd;
    if (damage !== undefined) yield { kind: 'damage', damage };
  } finally {
    await file.close();
  }
}

/** Bytes in, rows out. */
class IndexLines {
  readonly #buffer = Buffer.allocUnsafe(MAX_ROW_BYTES + READ_BYTES);
  /** Bytes at the front of the buffer of a line that has not ended yet. */
  #rest = 0;
  /** Whole lines so far, the header among them. */
  #lines = 0;
  #damage: IndexDamage | undefined;

  /** Where the next bytes of the file go. */
  get room(): Buffer {
    return this.#buffer.subarray(this.#rest, this.#rest + READ_BYTES);
  }

  /** Why no more can be read. */
  get damage(): IndexDamage | undefined {
    return this.#damage;
  }

  /** What is wrong with the file if it ends here. */
  get damageAtEnd(): IndexDamage | undefined {
    if (this.#lines > 0 && this.#rest === 0) return undefined;
    const isEmpty = this.#lines === 0 && this.#rest === 0;
    return this.#damaged(isEmpty ? 'the header is missing' : 'the last line is torn', true);
  }

  /** The rows that end within the next `count` bytes, which are in their room. */
  take(count: number): IndexRow[] {
    const bytes = this.#buffer;
    const end = this.#rest + count;
    const rows: IndexRow[] = [];
    let at = 0;
    for (let lineEnd = bytes.indexOf(LINE_FEED); lineEnd >= 0 && lineEnd < end; ) {
      const row = this.#readLine(at, lineEnd);
      if (typeof row === 'string') {
        this.#damage = this.#damaged(row, false);
        return rows;
      }
      if (row !== undefined) rows.push(row);
      this.#lines += 1;
      at = lineEnd + 1;
      lineEnd = bytes.indexOf(LINE_FEED, at);
    }
    this.#rest = end - at;
    if (this.#rest > MAX_ROW_BYTES) this.#damage = this.#damaged('a line without end', true);
    else bytes.copyWithin(0, at, end);
    return rows;
  }

  /** Nothing for the header. */
  #readLine(from: number, end: number): IndexRow | string | undefined {
    if (this.#lines > 0) return parseIndexRow(this.#buffer, from, end);
    const isHeader = this.#buffer.compare(HEADER, 0, HEADER.length, from, end) === 0;
    return isHeader ? undefined : 'not the header of frames.csv';
  }

  #damaged(reason: string, torn: boolean): IndexDamage {
    return { line: this.#lines + 1, reason, torn };
  }
}
