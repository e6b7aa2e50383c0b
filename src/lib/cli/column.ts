/**
 * What tables have in common.
 */

export interface Column {
  readonly head: string;
  /** Numbers stand right. */
  readonly align?: 'left' | 'right';
}

/** What a phone calls itself goes to the terminal: without the control characters that could move its cursor. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '·');
}
