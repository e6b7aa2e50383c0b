/**
 * The daemon's log: JSON lines, or one human line per event. Everything goes to standard error.
 */
import { type DestinationStream, pino } from 'pino';
import type { Logger, LogLevel } from '../base/logger.js';
import { printable } from '../base/printable.js';

export type LogFormat = 'pretty' | 'json';

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly colour: boolean;
}

const STANDARD_ERROR = 2;

export async function createLogger(options: LogOptions): Promise<Logger> {
  const logger: Logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    await destination(options),
  );
  return logger;
}

async function destination({ format, colour }: LogOptions): Promise<DestinationStream> {
  if (format === 'json') return pino.destination({ dest: STANDARD_ERROR, sync: true });
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    destination: STANDARD_ERROR,
    sync: true,
    colorize: colour,
    hideObject: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
    // One event, one line, whatever a phone calls itself.
    messageFormat: (log, messageKey) => printable(String(log[messageKey])),
  });
}
