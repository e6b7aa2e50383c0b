/**
 * Signals that ask a command to end: the first one politely, the second at once.
 */
import { EXIT } from '../base/errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interrupt {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** Lets signals do again what they do. */
  dispose(): void;
}

/** Listens for the signals until `dispose`. At the second one `lastWords` go to `stream`. */
export function onInterrupt(stream: NodeJS.WritableStream, lastWords: string): Interrupt {
  const controller = new AbortController();
  const handle = () => {
    if (controller.signal.aborted) {
      stream.write(`${lastWords}\n`);
      process.exit(EXIT.failed);
    }
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  return {
    signal: controller.signal,
    dispose() {
      for (const signal of SIGNALS) process.off(signal, handle);
    },
  };
}
