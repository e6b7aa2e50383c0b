/**
 * Rows that move on a terminal, one for each thing that goes on, until all have ended.
 */

/** What is needed of a row that Listr draws. */
export interface Row {
  title: string | undefined;
}

export interface RowTask {
  readonly title: string;
  /** Listr marks a row as failed by what this throws. */
  readonly task: (context: unknown, row: Row) => Promise<void>;
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
  await new Listr(tasks(), {
    concurrent: true,
    exitOnError: false,
    forceTTY: true,
    registerSignalListeners: false,
    rendererOptions: {
      collapseErrors: true,
      showErrorMessage: showErrors,
      logger: new ListrLogger({ processOutput: new ProcessOutput(stream, stream) }),
    },
  }).run();
}
