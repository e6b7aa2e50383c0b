/**
 * How an error is told: to people on stderr, and where JSON was asked for as the one document on stdout.
 */
import type { ErrorCode } from '../base/errors.js';
import { printableLines } from '../base/printable.js';
import { paint } from './terminal.js';

export interface ToldError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Tells code, message and hint: one JSON document, or lines for people. */
export function printError({ code, message, hint }: ToldError, inJson: boolean): void {
  if (inJson) {
    printJson({ error: { code, message, hint: hint ?? null } });
    return;
  }
  const lines = [`${paint('red', 'Error:', process.stderr)} ${printableLines(message)}`];
  if (hint !== undefined) lines.push(`  ${printableLines(hint)}`);
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** Prints the one document of a command that was given `--json`. */
export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
}
