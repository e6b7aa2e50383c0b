/**
 * What the library needs of a logger. The daemon hands in pino; tests hand in a list.
 */

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** One event: `fields` for machines, `message` for people. */
export type LogEvent = (fields: Record<string, unknown>, message: string) => void;

export interface Logger {
  readonly trace: LogEvent;
  readonly debug: LogEvent;
  readonly info: LogEvent;
  readonly warn: LogEvent;
  readonly error: LogEvent;
  /** Whether events of this level go anywhere: asked before building a costly one. */
  isLevelEnabled(level: LogLevel): boolean;
}

/** A logger that says nothing. */
export const silentLogger: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  isLevelEnabled: () => false,
};
