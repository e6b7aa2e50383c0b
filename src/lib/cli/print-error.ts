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

export function printError({ code, message, hint }: ToldError, inJson: boolean): void {
  if (inJson) {
    printJson({ error: { code, message, hint: hint ?? null } });
    return;
  }
  const lines = [`${paint('red', 'Error:', process.stderr)} ${printableLines(message)}`];
  if (hint !== undefined) lines.push(`  ${printableLines(hint)}`);
  process.stderr.write(`${lines.join('\n')}\n`);
}

export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
}
