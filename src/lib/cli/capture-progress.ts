/**
 * The steps of a capture while it begins: one moving row per phone on a terminal, plain lines elsewhere.
 * All of it goes to stderr.
 */
import { count, formatDuration } from '../base/format.js';
import { printable } from '../base/printable.js';
import { drawRows, mostRows, type RowTask } from './rows.js';
import { redrawWanted } from './terminal.js';

/** How far one phone is. `starting` comes first, if at all; any other state is final. */
export interface PhoneStep {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly message: string | null;
}

export interface CaptureProgressView {
  waiting(connected: number, wanted: number): void;
  device(step: PhoneStep): void;
  begun(): Promise<void>;
  recording(durationMs: number): void;
  stopping(): void;
}

/** What is said of a phone's final state. A phone that has begun says with what settings: that stands in the result. */
function describe({ name, state, message }: PhoneStep): string {
  const words = state.replaceAll('-', ' ');
  const isPlain = message === null || state === 'started';
  return printable(isPlain ? `${name}: ${words}` : `${name}: ${words} (${message})`);
}

function isBad(state: string): boolean {
  return state === 'failed' || state === 'timeout';
}

/** Shows nothing: in JSON mode. */
export const silentProgress: CaptureProgressView = {
  waiting() {},
  device() {},
  async begun() {},
  recording() {},
  stopping() {},
};

/** The view for a stream: rows where they can be redrawn. */
export function captureProgress(stream: NodeJS.WriteStream): CaptureProgressView {
  return redrawWanted(stream) ? new RowProgress(stream) : new LineProgress(stream);
}

class LineProgress implements CaptureProgressView {
  protected readonly stream: NodeJS.WriteStream;
  #waiting = '';

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  protected say(line: string): void {
    this.stream.write(`${line}\n`);
  }

  waiting(connected: number, wanted: number): void {
    const line = `Waiting for ${count(wanted, 'phone')}: ${connected} connected.`;
    if (line !== this.#waiting && connected < wanted) this.say(line);
    this.#waiting = line;
  }

  device(step: PhoneStep): void {
    if (step.state !== 'starting') this.say(describe(step));
  }

  async begun(): Promise<void> {}

  recording(durationMs: number): void {
    this.say(
      `Recording for ${formatDuration(durationMs)}. Ctrl-C ends it now and keeps the files.`,
    );
  }

  stopping(): void {
    this.say('Stopping, and finishing the files.');
  }
}

interface PhoneRow {
  readonly title: string;
  readonly settle: (step: PhoneStep) => void;
  readonly settled: Promise<PhoneStep>;
}

/**
 * Rows appear with the first steps, which the daemon sends all at once; a phone that comes later, or for which there is no
 * room, gets a line.
 */
class RowProgress extends LineProgress {
  readonly #rows = new Map<string, PhoneRow>();
  #drawing: Promise<void> | undefined;
  #drawn = false;

  override device(step: PhoneStep): void {
    const row = this.#rows.get(step.id) ?? this.#addRow(step);
    if (row === undefined) super.device(step);
    else if (step.state !== 'starting') row.settle(step);
  }

  /** Rows that nothing more was said of would turn for ever. */
  override async begun(): Promise<void> {
    for (const [id, { title, settle }] of this.#rows) {
      settle({ id, name: title, state: 'unknown', message: null });
    }
    await this.#drawing;
  }

  #addRow(step: PhoneStep): PhoneRow | undefined {
    if (this.#drawn || this.#rows.size >= mostRows(this.stream)) return undefined;
    let settle: PhoneRow['settle'] = () => undefined;
    const settled = new Promise<PhoneStep>((done) => {
      settle = done;
    });
    const row = { title: printable(step.name), settle, settled };
    this.#rows.set(step.id, row);
    this.#drawing ??= drawRows(this.stream, () => this.#tasks(), true);
    return row;
  }

  /** The rows that there are now. */
  #tasks(): RowTask[] {
    this.#drawn = true;
    return [...this.#rows.values()].map(({ title, settled }) => ({
      title,
      task: async (_context, row) => {
        const step = await settled;
        row.title = describe(step);
        if (isBad(step.state)) throw new Error(describe(step));
      },
    }));
  }
}
