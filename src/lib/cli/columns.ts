/**
 * Columns for lists that may be long and for output that must come at once: a thousand rows in a few milliseconds.
 * They look like those of `renderTable`, whose layout costs the square of the number of rows.
 */
import { printable } from '../base/printable.js';
import type { Column } from './column.js';
import { displayWidth } from './display-width.js';
import { fitTerminal, type Terminal } from './fit-terminal.js';

/** Lays out rows under a head line, as `terminal` can show them. No colours, no trailing spaces. */
export function renderColumns(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  terminal: Terminal = {},
): string {
  const lines = [columns.map(({ head }) => head), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, index) =>
    lines.reduce((widest, line) => Math.max(widest, displayWidth(line[index] ?? '')), 0),
  );
  const layOut = (line: readonly string[]) =>
    columns
      .map(({ align }, index) => {
        const text = line[index] ?? '';
        const padding = ' '.repeat((widths[index] ?? 0) - displayWidth(text));
        return align === 'right' ? padding + text : text + padding;
      })
      .join('  ')
      .trimEnd();
  return fitTerminal(lines.map(layOut).join('\n'), columns, rows, terminal);
}
