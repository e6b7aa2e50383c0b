/**
 * Rows that move on a terminal, one for each thing that goes on, until all have ended. Meanwhile the cursor is hidden
 * and what others write is held back; however the process ends, both are shown.
 */
import { ENDING_SIGNALS } from '../base/ending-signals.js';

const SHOW_CURSOR = '\u001b[?25h';

/** What is needed of a row that Listr draws. */
export interface Row {
  title: string | undefined;
}

export interface RowTask {
  readonly title: string;
  /** Listr marks a row as failed by what this throws. */
  readonly task: (context: unknown, row: Row) => Promise<void>;
}

/** Each change lays out all rows anew: of some hundred, that takes longer than the work that they show. */
const MAX_ROWS = 23;

/** How many rows are drawn at most: those that a terminal has room for, and not too many. */
export function mostRows({ rows }: { readonly rows?: number }): number {
  return Math.max(1, Math.min((rows || Number.POSITIVE_INFINITY) - 1, MAX_ROWS));
}

/**
 * Draws rows; resolves when everything is drawn. `tasks` is asked when Listr is loaded, and those that have come until
 * then are drawn as well. `showErrors`: below a failed row, what was thrown.
 */
export async function drawRows(
  stream: NodeJS.WriteStream,
  tasks: () => RowTask[],
  showErrors: boolean,
): Promise<void> {
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  const output = new ProcessOutput(stream, stream);
  const onExit = () => output.release();
  const onSignal = (signal: NodeJS.Signals) => {
    output.toStderr(SHOW_CURSOR, false);
    // Whoever else listens ends the process, or does not.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  process.once('exit', onExit);
  for (const signal of ENDING_SIGNALS) process.once(signal, onSignal);
  try {
    await new Listr(tasks(), {
      concurrent: true,
      exitOnError: false,
      forceTTY: true,
      registerSignalListeners: false,
      rendererOptions: {
        collapseErrors: true,
        showErrorMessage: showErrors,
        logger: new ListrLogger({ processOutput: output }),
      },
    }).run();
  } finally {
    process.off('exit', onExit);
    for (const signal of ENDING_SIGNALS) process.off(signal, onSignal);
  }
}
