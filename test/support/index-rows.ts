/** Rows of an index from its text. */
import { type IndexRow, parseIndexRow } from '../../src/lib/storage/frame-index.js';

/** What `parseIndexRow` says of one line without its line feed. */
export function readRow(line: string): IndexRow | string {
  // Not at the beginning of the bytes, and not to their end.
  const bytes = Buffer.from(`\n${line}\n`, 'latin1');
  return parseIndexRow(bytes, 1, bytes.length - 1);
}

/** The rows of whole lines, the header left out. */
export function rowsOfLines(lines: readonly string[]): IndexRow[] {
  return lines.map((line) => {
    const row = readRow(line);
    if (typeof row === 'string') throw new Error(`${line}: ${row}`);
    return row;
  });
}
