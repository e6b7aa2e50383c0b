/**
 * Text as one word of a POSIX shell: for commands that hints propose, to be copied as they stand, and for those that a
 * shell of ours runs.
 */

/** Characters that mean nothing to a shell, wherever they stand (POSIX.1-2017, 2.2). */
const PLAIN = /^[\w%+,./:@-]+$/;

/** The text itself where it is plain, else in single quotes. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
