/**
 * Signals that ask a command to end: the first one politely, the second at once.
 */
import { onEndingSignals } from '../base/ending-signals.js';
import { EXIT } from '../base/errors.js';

export interface Interrupt {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** Lets signals do again what they do. */
  dispose(): void;
}

/** Listens for the signals until `dispose`. At the second one `lastWords` go to `stream`. */
export function onInterrupt(stream: NodeJS.WritableStream, lastWords: string): Interrupt {
  const controller = new AbortController();
  const dispose = onEndingSignals(
    () => controller.abort(),
    () => {
      stream.write(`${lastWords}\n`);
      process.exit(EXIT.failed);
    },
  );
  return { signal: controller.signal, dispose };
}
