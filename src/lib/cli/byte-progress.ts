/**
 * Long work on files, several at a time: a bar by bytes for each on a terminal that has room for all of them, a line for
 * each elsewhere. All of it goes to stderr.
 */
import { formatBytes } from '../base/format.js';
import { drawRows, mostRows, type Row } from './rows.js';
import { redrawWanted } from './terminal.js';

/** How one of the files ended. */
export interface ByteOutcome {
  readonly ok: boolean;
  /** One line for the person. */
  readonly line: string;
}

export interface ByteProgressView {
  /** What there is to do: names, and bytes of each. Once, before anything else. */
  begin(files: readonly { readonly name: string; readonly bytes: number }[]): void;
  started(index: number): void;
  progress(index: number, bytes: number): void;
  finished(index: number, outcome: ByteOutcome): void;
  /** Resolves when everything is drawn. */
  end(): Promise<void>;
}

/** Shows nothing: in JSON mode. */
export const silentByteProgress: ByteProgressView = {
  begin() {},
  started() {},
  progress() {},
  finished() {},
  async end() {},
};

/** The view for a stream: bars where they can be redrawn. */
export function byteProgress(stream: NodeJS.WriteStream): ByteProgressView {
  return redrawWanted(stream) ? new BarProgress(stream) : new LineByteProgress(stream);
}

class LineByteProgress implements ByteProgressView {
  protected readonly stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  begin(_files: readonly { readonly name: string; readonly bytes: number }[]): void {}
  started(_index: number): void {}
  progress(_index: number, _bytes: number): void {}
  async end(): Promise<void> {}

  finished(_index: number, { line }: ByteOutcome): void {
    this.stream.write(`${line}\n`);
  }
}

const BAR_COLUMNS = 24;

/** `[######------]  48% of 1.2 GB`. */
function drawBar(bytes: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(bytes / total, 1);
  const filled = Math.round(share * BAR_COLUMNS);
  const bar = '#'.repeat(filled).padEnd(BAR_COLUMNS, '-');
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${bar}] ${percent}% of ${formatBytes(total)}`;
}

class BarProgress extends LineByteProgress {
  #files: readonly { readonly name: string; readonly bytes: number }[] = [];
  readonly #rows = new Map<number, Row>();
  readonly #starts: (() => void)[] = [];
  readonly #ends: ((outcome: ByteOutcome) => void)[] = [];
  #drawing: Promise<void> | undefined;

  override begin(files: readonly { readonly name: string; readonly bytes: number }[]): void {
    if (files.length > mostRows(this.stream)) return;
    this.#files = files;
    const rows = files.map(({ name }, index) => {
      const started = new Promise<void>((resolve) => {
        this.#starts[index] = resolve;
      });
      const ended = new Promise<ByteOutcome>((resolve) => {
        this.#ends[index] = resolve;
      });
      return { name, index, started, ended };
    });
    this.#drawing = this.#draw(rows);
  }

  override started(index: number): void {
    this.#starts[index]?.();
  }

  override progress(index: number, bytes: number): void {
    const row = this.#rows.get(index);
    const file = this.#files[index];
    if (row && file) row.title = `${file.name}  ${drawBar(bytes, file.bytes)}`;
  }

  override finished(index: number, outcome: ByteOutcome): void {
    const end = this.#ends[index];
    if (end === undefined) super.finished(index, outcome);
    else end(outcome);
  }

  override async end(): Promise<void> {
    await this.#drawing;
  }

  async #draw(
    rows: readonly {
      name: string;
      index: number;
      started: Promise<void>;
      ended: Promise<ByteOutcome>;
    }[],
  ): Promise<void> {
    const tasks = rows.map(({ name, index, started, ended }) => ({
      title: name,
      task: async (_context: unknown, row: Row) => {
        await started;
        this.#rows.set(index, row);
        const { ok, line } = await ended;
        this.#rows.delete(index);
        row.title = line;
        if (!ok) throw new Error(line);
      },
    }));
    await drawRows(this.stream, () => tasks, false);
  }
}
