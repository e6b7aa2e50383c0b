/**
 * Tables for people, of a handful of rows: columns set apart by spaces, so that they read well and can be cut with awk.
 */
import Table from 'cli-table3';
import { printable } from '../base/printable.js';
import type { Column } from './column.js';
import { fitTerminal, type Terminal } from './fit-terminal.js';

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Lays out rows under a head line, as `terminal` can show them. No colours, no trailing spaces. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  terminal: Terminal = {},
): string {
  const table = new Table({
    head: columns.map((column) => column.head),
    colAligns: columns.map((column) => column.align ?? 'left'),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(row.map(printable));
  const lines = table.toString().split('\n');
  return fitTerminal(lines.map((line) => line.trimEnd()).join('\n'), columns, rows, terminal);
}
