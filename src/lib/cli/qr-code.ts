/**
 * A QR code on the terminal (ISO/IEC 18004): two rows of modules in each line of text.
 */
import { encode } from 'uqr';
import { colourWanted } from './terminal.js';

/** The quiet zone that readers need, in modules; the standard says 4, cameras of today are content with 2. */
const BORDER = 2;

/** Black on white, whatever the terminal's own colours are. */
const BLACK_ON_WHITE = '\u001b[38;5;16;48;5;231m';
const RESET = '\u001b[0m';

/** Upper and lower module: both light, lower dark, upper dark, both dark. */
const BLOCKS = [' ', '▄', '▀', '█'] as const;

/** What of a stream decides how the code is drawn. */
export interface QrCodeStream {
  readonly isTTY?: boolean;
  /** Of the terminal, where it is one. */
  readonly columns?: number;
}

/**
 * Lines of text, or a sentence where the terminal is too narrow: what it wraps no camera can read. Without colours the
 * dark modules are drawn in the terminal's text colour, which readers know to invert.
 */
export function qrCode(text: string, stream: QrCodeStream): string[] {
  const { data, size } = encode(text, { border: BORDER, ecc: 'L' });
  if (stream.columns !== undefined && stream.columns < size) {
    return [`The QR code needs ${size} columns, and this terminal has ${stream.columns}.`];
  }
  const isDark = (row: number, column: number) => (data[row]?.[column] === true ? 1 : 0);
  const isColoured = colourWanted(stream);
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    let line = '';
    for (let column = 0; column < size; column += 1) {
      line += BLOCKS[2 * isDark(row, column) + isDark(row + 1, column)];
    }
    lines.push(isColoured ? `${BLACK_ON_WHITE}${line}${RESET}` : line);
  }
  return lines;
}
