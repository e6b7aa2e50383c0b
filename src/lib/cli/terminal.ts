/**
 * What may be written where: colours and moving lines only on a terminal that wants them.
 */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Whether a stream takes colours: a terminal, and neither `NO_COLOR` nor a dumb one. */
export function colourWanted(
  stream: { isTTY?: boolean },
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

/** Whether lines on a stream may be redrawn: spinners, live tables. */
export function redrawWanted(
  stream: { isTTY?: boolean },
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  return stream.isTTY === true && env['TERM'] !== 'dumb' && !env['CI'];
}

/** `text` in a style where `stream` takes colours, else as it is. */
export function paint(style: Style, text: string, stream: { isTTY?: boolean }): string {
  // Left to itself, Node would ask whether stdout takes colours, whichever stream this is for.
  return colourWanted(stream) ? styleText(style, text, { validateStream: false }) : text;
}

/** The width to fill, in columns; 80 where the stream does not know. */
export function columnsOf(stream: { columns?: number }): number {
  return stream.columns && stream.columns > 0 ? stream.columns : 80;
}
