/**
 * Columns for lists that may be long and for output that must come at once: a thousand rows in a few milliseconds.
 * They look like those of `renderTable`, whose layout costs the square of the number of rows.
 */
import { printable } from '../base/printable.js';
import type { Column } from './column.js';

/** Lays out rows under a head line. No colours, no trailing spaces. */
export function renderColumns(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
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
  return lines.map(layOut).join('\n');
}

const PLAIN = /^[\u0020-\u007e–]*$/;

/** East Asian wide characters and emoji (Unicode Standard Annex 11) take two columns. */
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

let graphemes: Intl.Segmenter | undefined;

/** Columns that a text takes on a terminal. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  graphemes ??= new Intl.Segmenter();
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}
