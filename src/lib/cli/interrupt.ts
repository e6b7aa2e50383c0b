/**
 * Signals that ask a command to end: the first one politely, the second at once.
 */
import { onEndingSignals } from '../base/ending-signals.js';
import { EXIT } from '../base/errors.js';
import { printError } from './print-error.js';

export interface Interrupt {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** Lets signals do again what they do. */
  dispose(): void;
}

/** What is left to say when a command ends at once. */
export interface LastWords {
  readonly message: string;
  readonly hint?: string;
}

/** Listens for the signals until `dispose`. The second one ends the process at once. */
export function onInterrupt(lastWords: LastWords, inJson: boolean): Interrupt {
  const controller = new AbortController();
  const dispose = onEndingSignals(
    () => controller.abort(),
    () => endAtOnce(lastWords, inJson),
  );
  return { signal: controller.signal, dispose };
}

/** Ends the process with its last words, which are an error where JSON was asked for. */
export function endAtOnce({ message, hint }: LastWords, inJson: boolean): never {
  if (inJson) printError({ code: 'INTERRUPTED', message, hint }, true);
  else process.stderr.write(`${hint === undefined ? message : `${message} ${hint}`}\n`);
  process.exit(EXIT.failed);
}
