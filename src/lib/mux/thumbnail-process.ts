/**
 * Thumbnails made by a process beside the daemon: to start ffmpeg from the daemon itself would hold all cameras up,
 * since the memory of the process that forks is prepared for copying (decision 56).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../base/logger.js';
import type { ThumbnailReport, ThumbnailRequest } from './thumbnail-messages.js';

const WORKER = fileURLToPath(new URL('./thumbnail-worker.js', import.meta.url));

interface Order {
  readonly path: string;
  readonly done: (made: boolean) => void;
}

export interface ThumbnailProcessOptions {
  readonly logger: Logger;
  /** The program; tests give another. */
  readonly worker?: string;
}

/** Made once for a daemon. Starts its process again when that has ended without being told to. */
export class ThumbnailProcess {
  readonly #logger: Logger;
  readonly #worker: string;
  readonly #orders = new Map<number, Order>();
  #process: ChildProcess | undefined;
  #lastId = 0;
  /** There is no ffmpeg, or nobody wants thumbnails any more. */
  #isOver = false;

  constructor({ logger, worker = WORKER }: ThumbnailProcessOptions) {
    this.#logger = logger;
    this.#worker = worker;
  }

  /** Of the process, while it runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts the process. Best while this one is small still. */
  start(): void {
    this.#process ??= this.#fork();
  }

  /**
   * Makes a JPEG of one key picture (Annex B, parameter sets in front) at `path`.
   * Resolves with false when it could not: that never fails a recording. After `signal` nothing stays at `path`.
   */
  async make(picture: Uint8Array, path: string, signal?: AbortSignal): Promise<boolean> {
    if (this.#isOver) return false;
    this.start();
    this.#lastId += 1;
    const id = this.#lastId;
    const made = new Promise<boolean>((done) => {
      this.#orders.set(id, { path, done });
    });
    this.#send({ kind: 'make', id, picture, path });
    const giveUp = () => this.#send({ kind: 'give-up', id });
    if (signal?.aborted) giveUp();
    else signal?.addEventListener('abort', giveUp);
    if (!(await made)) return false;
    signal?.removeEventListener('abort', giveUp);
    if (!signal?.aborted) return true;
    // It was finished while the word was on its way.
    await rm(path, { force: true });
    return false;
  }

  /** Ends the process. What it has not made stays unmade. */
  close(): void {
    this.#isOver = true;
    if (this.#process?.connected) this.#process.disconnect();
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
    child.on('message', (report: ThumbnailReport) => this.#take(report));
    child.once('error', (error) => this.#ended(child, error.message));
    child.once('exit', (code, signal) => this.#ended(child, signal ?? `code ${code}`));
    return child;
  }

  #send(request: ThumbnailRequest): void {
    // Where it fails the process has ended, which is told by itself.
    this.#process?.send(request, () => {});
  }

  #take(report: ThumbnailReport): void {
    switch (report.kind) {
      case 'done':
        this.#settle(report.id, report.made);
        break;
      case 'warning':
        this.#logger.warn(report.fields, report.message);
        break;
      case 'unable':
        this.close();
        break;
    }
  }

  #ended(child: ChildProcess, how: string): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    for (const [id, { path }] of this.#orders) {
      if (!this.#isOver) {
        const message = `no thumbnail: the process that makes them ended (${how})`;
        this.#logger.warn({ event: 'thumbnail.failed', path }, message);
      }
      this.#settle(id, false);
    }
  }

  #settle(id: number, made: boolean): void {
    this.#orders.get(id)?.done(made);
    this.#orders.delete(id);
  }
}
