/**
 * What ffmpeg says where there was no room for what it wrote. It ends with an error then, but for the last bytes: of those
 * that did not fit it complains, and calls it a success.
 */

/** What the C libraries call these errors; ffmpeg asks for no other language. */
const ERRORS = [
  { code: 'ENOSPC', words: /No space left on device/, text: 'no space left on device' },
  { code: 'EDQUOT', words: /quota exceeded/i, text: 'disk quota exceeded' },
  // The signal ends it where a limit of the process (`ulimit -f`) is met.
  { code: 'EFBIG', words: /File too large|SIGXFSZ/, text: 'file too large' },
] as const;

/** The error that Node would have thrown for the file at `path`, or nothing. `words`: ffmpeg's own. */
export function errorForWantOfRoom(
  words: string,
  path: string,
  cause?: unknown,
): Error | undefined {
  const found = ERRORS.find((error) => error.words.test(words));
  if (found === undefined) return undefined;
  const { code, text } = found;
  return Object.assign(new Error(`${code}: ${text}, write '${path}'`, { cause }), { code });
}
