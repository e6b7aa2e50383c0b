/**
 * What others have named, made safe to show: on a terminal such text could move the cursor, ring, forge lines of a log
 * or turn the order of what is read.
 */

/**
 * Control characters (ISO 6429), the separators of lines, and what changes the direction of writing (Unicode Standard
 * Annex 9).
 */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The text on one line, with a dot in the place of each character that is more than a letter. */
export function printable(text: string): string {
  return text.replace(UNSAFE, '·');
}

/** The same of text that has lines of its own. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
