/**
 * Errors that an operator can do something about: each has a stable code, a sentence and a next step.
 * The codes are listed in docs/errors.md; the exit codes are the contract of docs/cli.md.
 */

/** Exit codes of every command. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  noDaemon: 3,
  noCamera: 4,
  partial: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code that belongs to each error code. */
const EXIT_OF_CODE = {
  USAGE: EXIT.usage,
  NO_DAEMON: EXIT.noDaemon,
  SEVERAL_DAEMONS: EXIT.noDaemon,
  NO_CAMERA: EXIT.noCamera,
  UNKNOWN_DEVICE: EXIT.noCamera,
  AMBIGUOUS_DEVICE: EXIT.usage,
  PORT_IN_USE: EXIT.failed,
  DIRECTORY_IN_USE: EXIT.failed,
  DIRECTORY_UNUSABLE: EXIT.failed,
  DISK_FULL: EXIT.failed,
  DISK_WRITE: EXIT.failed,
  FILE_NOT_FOUND: EXIT.failed,
  OUTPUT_EXISTS: EXIT.failed,
  OUTPUT_UNUSABLE: EXIT.failed,
  INTERRUPTED: EXIT.failed,
  INPUT_INVALID: EXIT.failed,
  SESSION_NOT_FOUND: EXIT.failed,
  MANIFEST_INVALID: EXIT.failed,
  INDEX_INVALID: EXIT.failed,
  STREAM_UNSUPPORTED: EXIT.failed,
  STREAM_EMPTY: EXIT.failed,
  FFMPEG_MISSING: EXIT.failed,
  FFMPEG_FAILED: EXIT.failed,
  CONNECTION_FAILED: EXIT.failed,
  ADMIN_PROTOCOL: EXIT.failed,
  TIMEOUT: EXIT.partial,
  INTERNAL: EXIT.failed,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof EXIT_OF_CODE;

/** Every error code, for the documentation's test. */
export const ERROR_CODES = Object.keys(EXIT_OF_CODE) as ErrorCode[];

export interface CamrecErrorOptions {
  /** What to do next, as a sentence for the person. */
  hint?: string;
  /** The error underneath, kept whole. */
  cause?: unknown;
}

/** An expected failure. Anything else that is thrown is a defect and keeps its stack. */
export class CamrecError extends Error {
  override readonly name = 'CamrecError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: CamrecErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  get exitCode(): ExitCode {
    return EXIT_OF_CODE[this.code];
  }
}

/** The system's error code (`ENOSPC`, `ENOENT`, …) of an error from Node, if it has one. */
export function systemErrorCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return undefined;
}

/** The sentence of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
