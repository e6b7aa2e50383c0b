/**
 * A text that is drawn again and again, in place where the stream is a terminal, until a signal ends it or nobody reads
 * it any more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { count } from '../base/format.js';
import { displayWidth } from './display-width.js';
import { onInterrupt } from './interrupt.js';
import { redrawWanted } from './terminal.js';

/** More often than this nobody can read. */
const SHORTEST_MS = 100;

const CLEAR_SCREEN = '\u001b[2J';
const HOME = '\u001b[H';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** Draws what `look` gives, every `intervalMs`. Rejects with what `look` rejects with. */
export async function watch(
  stream: NodeJS.WriteStream,
  intervalMs: number,
  look: () => Promise<string>,
): Promise<void> {
  const interrupt = onInterrupt({ message: 'Ended at once.' }, false);
  const unread = new AbortController();
  const onError = () => unread.abort();
  stream.on('error', onError);
  const signal = AbortSignal.any([interrupt.signal, unread.signal]);
  const inPlace = redrawWanted(stream);
  if (inPlace) stream.write(CLEAR_SCREEN);
  try {
    while (!signal.aborted) {
      const text = await look();
      stream.write(inPlace ? frame(text, stream) : `${text}\n\n`);
      await sleep(Math.max(intervalMs, SHORTEST_MS), undefined, { signal }).catch(() => undefined);
    }
  } finally {
    stream.off('error', onError);
    interrupt.dispose();
  }
}

/** One drawing, over the last one line by line, so that nothing flickers; cut where the screen ends, which is said. */
export function frame(text: string, screen: { rows?: number; columns?: number }): string {
  const columns = screen.columns || Number.POSITIVE_INFINITY;
  const room = Math.max(1, (screen.rows || Number.POSITIVE_INFINITY) - 1);
  const lines = text.split('\n');
  let shown = fitting(lines, columns, room);
  if (shown.length < lines.length) {
    shown = fitting(lines, columns, room - 1);
    shown.push(`… and ${count(lines.length - shown.length, 'more line')}`);
  }
  return `${HOME}${shown.map((line) => `${line}${CLEAR_LINE_END}\n`).join('')}${CLEAR_BELOW}`;
}

/** The first lines, as many as there is room for. A line that wraps takes several of the screen's. */
function fitting(lines: readonly string[], columns: number, room: number): string[] {
  let used = 0;
  const beyond = lines.findIndex((line) => {
    used += Math.max(1, Math.ceil(displayWidth(line) / columns));
    return used > room;
  });
  return lines.slice(0, beyond < 0 ? lines.length : beyond);
}
