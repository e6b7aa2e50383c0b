/**
 * Reads `frames.csv` as a stream, whatever state a crash left it in.
 */
import type { Disk } from './disk.js';
import { INDEX_HEADER, type IndexRow, MAX_ROW_CHARS, parseIndexRow } from './frame-index.js';

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

/**
 * Yields the rows in batches and at most one `damage`, which is the last item: rows behind a damaged one are not trusted.
 * A last line without its line feed is torn. Throws what the disk throws when the file cannot be read.
 */
export async function* readFrameIndex(disk: Disk, path: string): AsyncGenerator<IndexItem> {
  const file = await disk.open(path, 'read');
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    let position = 0;
    let line = 0;
    let rest = '';
    for (;;) {
      const count = await file.read(buffer, position);
      if (count === 0) break;
      position += count;
      const lines = (rest + buffer.toString('latin1', 0, count)).split('\n');
      rest = lines.pop() ?? '';
      const rows: IndexRow[] = [];
      for (const text of lines) {
        line += 1;
        const damage = readLine(line, text, rows);
        if (damage !== undefined) {
          yield { kind: 'rows', rows };
          yield { kind: 'damage', damage: { line, reason: damage, torn: false } };
          return;
        }
      }
      yield { kind: 'rows', rows };
      if (rest.length > MAX_ROW_CHARS) break;
    }
    if (line === 0 || rest !== '') {
      yield { kind: 'damage', damage: { line: line + 1, reason: whyTorn(line, rest), torn: true } };
    }
  } finally {
    await file.close();
  }
}

/** What is wrong with the end of an index that has so many whole lines, and this behind them. */
function whyTorn(lines: number, rest: string): string {
  if (rest.length > MAX_ROW_CHARS) return 'a line without end';
  return lines === 0 && rest === '' ? 'the header is missing' : 'the last line is torn';
}

function readLine(line: number, text: string, rows: IndexRow[]): string | undefined {
  if (line === 1) return `${text}\n` === INDEX_HEADER ? undefined : 'not the header of frames.csv';
  const parsed = parseIndexRow(text);
  if (!parsed.ok) return parsed.reason;
  rows.push(parsed.row);
  return undefined;
}
