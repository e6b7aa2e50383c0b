/**
 * ffmpeg, started by a process beside the daemon: to start it from the daemon itself would hold all cameras up, since
 * all memory of a process that forks is prepared for copying (decision 56).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CamrecError, type ErrorCode, errorMessage } from '../base/errors.js';
import type { FfmpegOptions, FfmpegResult } from './ffmpeg.js';

const WORKER = fileURLToPath(new URL('./ffmpeg-worker.js', import.meta.url));

/** To the process. */
export interface FfmpegOrder {
  readonly id: number;
  readonly args: readonly string[];
  readonly options: Omit<FfmpegOptions, 'signal'>;
}

/** From the process, when an ffmpeg has ended. */
export type FfmpegAnswer =
  | { readonly id: number; readonly result: FfmpegResult }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } };

interface Waiting {
  readonly resolve: (result: FfmpegResult) => void;
  readonly reject: (error: CamrecError) => void;
}

/** Made once for a daemon. Starts its process again when that has ended without being told to. */
export class FfmpegProcess {
  readonly #worker: string;
  readonly #waiting = new Map<number, Waiting>();
  #process: ChildProcess | undefined;
  #lastId = 0;

  /** `worker`: the program; tests run what was built. */
  constructor(worker = WORKER) {
    this.#worker = worker;
  }

  /** Of the process, while it runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts the process. Best while this one is small still; where it cannot be started, `run` tries again. */
  start(): void {
    try {
      this.#started();
    } catch {
      // For want of memory, say: whoever wants a picture is told.
    }
  }

  /** As `runFfmpeg`. Throws FFMPEG_FAILED as well when the process cannot be started, or ends meanwhile. */
  async run(args: readonly string[], options: FfmpegOrder['options'] = {}): Promise<FfmpegResult> {
    this.#lastId += 1;
    const order: FfmpegOrder = { id: this.#lastId, args, options };
    const child = this.#started();
    return new Promise((resolve, reject) => {
      this.#waiting.set(order.id, { resolve, reject });
      // Where it fails, or there is no channel, the process has ended, which is told by itself.
      if (child.connected) child.send(order, () => {});
    });
  }

  /** Ends the process, and each ffmpeg that it runs. */
  close(): void {
    if (this.#process?.connected) this.#process.disconnect();
  }

  #started(): ChildProcess {
    try {
      this.#process ??= this.#fork();
      return this.#process;
    } catch (cause) {
      const message = `the process that starts ffmpeg cannot be started: ${errorMessage(cause)}`;
      throw new CamrecError('FFMPEG_FAILED', message, { cause });
    }
  }

  #fork(): ChildProcess {
    const child = fork(this.#worker, [], {
      // What this process was started with, such as a debugger's port, is not meant for that one.
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    // It ends when this process does, which need not wait for it.
    child.unref();
    child.channel?.unref();
    child.on('message', (answer: FfmpegAnswer) => this.#take(answer));
    child.once('error', (error) => this.#ended(child, error.message));
    child.once('exit', (code, signal) => this.#ended(child, signal ?? `code ${code}`));
    return child;
  }

  #take(answer: FfmpegAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('result' in answer) waiting?.resolve(answer.result);
    else waiting?.reject(new CamrecError(answer.error.code, answer.error.message));
  }

  #ended(child: ChildProcess, how: string): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    const message = `the process that starts ffmpeg has ended (${how})`;
    for (const id of [...this.#waiting.keys()]) {
      this.#take({ id, error: { code: 'FFMPEG_FAILED', message } });
    }
  }
}
