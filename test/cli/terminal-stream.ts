/**
 * A stream that is a terminal or is none, and keeps what is written.
 */
import { Writable } from 'node:stream';

export function terminalOf({ isTTY = true, columns = 100, rows = 30 } = {}): {
  readonly stream: NodeJS.WriteStream;
  readonly written: () => string;
} {
  let text = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const terminal = Object.assign(sink, { isTTY, columns, rows });
  return { stream: terminal as unknown as NodeJS.WriteStream, written: () => text };
}
