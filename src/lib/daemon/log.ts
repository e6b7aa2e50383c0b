/**
 * The daemon's log: JSON lines, or one human line per event. Everything goes to standard error.
 */
import { pino } from 'pino';
import type { Logger, LogLevel } from '../base/logger.js';
import { printable } from '../base/printable.js';
import { LogQueue, standardError } from './log-queue.js';

export type LogFormat = 'pretty' | 'json';

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly colour: boolean;
}

export interface Log {
  readonly logger: Logger;
  /** Shows a line as it is, among those of the log. */
  readonly print: (line: string) => void;
  /** Resolves when everything is written, or after `atMostMs`. */
  readonly settled: (atMostMs: number) => Promise<void>;
}

/** Opens the log. What is still waiting is written when the process exits. */
export async function openLog(options: LogOptions): Promise<Log> {
  const queue = new LogQueue(standardError, (lines) => {
    const text = `lines of this log that were lost, since they could not be written: ${lines}`;
    logger.error({ event: 'log.lost', lines }, text);
  });
  const layOut = await layoutOf(options);
  const logger: Logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => queue.write(layOut(line)) },
  );
  process.once('exit', () => queue.flushSync());
  return {
    logger,
    print: (line) => queue.write(`${line}\n`),
    settled: (atMostMs) => queue.settled(atMostMs),
  };
}

/** Turns a line of JSON into what is written. */
async function layoutOf({ format, colour }: LogOptions): Promise<(line: string) => string> {
  if (format === 'json') return (line) => line;
  const { default: pretty } = await import('pino-pretty');
  return pretty.prettyFactory({
    colorize: colour,
    hideObject: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
    // One event, one line, whatever a phone calls itself.
    messageFormat: (log, messageKey) => printable(String(log[messageKey])),
  });
}
