/**
 * Tables on terminals that are too narrow for them.
 */
import { printable } from '../base/printable.js';
import type { Column } from './column.js';
import { displayWidth } from './display-width.js';

/** Where a table goes. What is no terminal has no columns, and gets tables as they are. */
export interface Terminal {
  readonly columns?: number;
}

/** Rows that wrap once are still read under their head line, and a window of 80 columns shows more of them so. */
const READABLE_LINES = 2;

/** `table` where it can be read on `terminal`, else a line for each value, with an empty one between rows. */
export function fitTerminal(
  table: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  terminal: Terminal,
): string {
  const room = READABLE_LINES * (terminal.columns || Number.POSITIVE_INFINITY);
  if (table.split('\n').every((line) => displayWidth(line) <= room)) return table;
  const heads = columns.map(({ head }) => head);
  const widest = Math.max(...heads.map(displayWidth));
  return rows
    .map((row) =>
      heads
        .map((head, index) => `${head.padEnd(widest)}  ${printable(row[index] ?? '')}`)
        .join('\n'),
    )
    .join('\n\n');
}
