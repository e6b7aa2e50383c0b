/**
 * What is told about anything that a command threw: the exit code and the JSON error of docs/cli.md.
 */
import { CamrecError, type ErrorCode, EXIT, type ExitCode, errorMessage } from '../base/errors.js';

export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;
  /** A defect rather than an expected failure: its stack is worth showing to whoever debugs. */
  readonly unexpected: boolean;
}

/** oclif's marker on errors of its parser and of `Command.error`. */
function oclifExitCode(error: unknown): unknown {
  if (!(error instanceof Error) || !('oclif' in error)) return undefined;
  const { oclif } = error;
  return typeof oclif === 'object' && oclif !== null && 'exit' in oclif ? oclif.exit : undefined;
}

/** Whether a relative path could not be resolved: somebody has removed the current directory. */
function isWithoutDirectory(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd';
}

/** oclif wraps the sentence of a refused flag in layout; this takes it out again. */
function unwrap(message: string): string {
  const plain = message.replace(/\nSee more help with --help$/, '').trimEnd();
  const refused = /^Parsing (--\S+) \n\t([\s\S]+)$/.exec(plain);
  if (refused) return `${refused[1]}: ${refused[2]}`;
  const exclusive = /^The following error occurred:\n\s*(--[\w-]+)\S* (cannot also be .*)$/.exec(
    plain,
  );
  return exclusive ? `${exclusive[1]} ${exclusive[2]}.` : plain;
}

/** Describes `error`; `command` is what the person typed, such as `camrec capture start`. */
export function reportError(error: unknown, command: string): ErrorReport {
  if (error instanceof CamrecError) {
    return {
      code: error.code,
      message: unwrap(error.message),
      hint: error.hint,
      exitCode: error.exitCode,
      unexpected: error.code === 'INTERNAL',
    };
  }
  if (oclifExitCode(error) === EXIT.usage) {
    return {
      code: 'USAGE',
      message: unwrap(errorMessage(error)),
      hint: `${command} --help lists what it takes.`,
      exitCode: EXIT.usage,
      unexpected: false,
    };
  }
  if (isWithoutDirectory(error)) {
    return {
      code: 'DIRECTORY_UNUSABLE',
      message: 'The directory in which the command was started is not there any more.',
      hint: 'Change to one that is there: cd',
      exitCode: EXIT.failed,
      unexpected: false,
    };
  }
  return {
    code: 'INTERNAL',
    message: errorMessage(error) || 'Something failed without saying what.',
    hint: 'This is a defect of camrec. Run it again with CAMREC_DEBUG=1 to see where.',
    exitCode: EXIT.failed,
    unexpected: true,
  };
}

/** Whether the person asked for stacks. */
export function debugWanted(env: NodeJS.ProcessEnv = process.env): boolean {
  return Boolean(env['CAMREC_DEBUG'] || env['DEBUG']);
}
