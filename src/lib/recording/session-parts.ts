/**
 * The files of a session's MP4, one for each part: opened as the parameter sets change, written and closed together.
 */
import { join } from 'node:path';
import { AppendFile } from '../storage/append-file.js';
import type { Disk } from '../storage/disk.js';
import { partFile } from '../storage/session-files.js';

/** Parts of the MP4 of one session: each keeps a file open. */
export const MAX_PARTS = 1_000;

export interface SessionPartsOptions {
  readonly disk: Disk;
  /** The session's directory, once it is there; what is written before that is queued. */
  readonly directory: Promise<string>;
  /** There are as many parts as there may be: the session should be ended. */
  readonly onTooMany: () => void;
}

export class SessionParts {
  readonly #options: SessionPartsOptions;
  readonly #files: AppendFile[] = [];

  constructor(options: SessionPartsOptions) {
    this.#options = options;
  }

  /** Bytes that wait for the disk. */
  get pending(): number {
    let bytes = 0;
    for (const file of this.#files) bytes += file.pending;
    return bytes;
  }

  /** Bytes of the part that is being written, queued ones included. */
  get length(): number {
    return this.#files.at(-1)?.length ?? 0;
  }

  /** The empty file of a part; parts count from 1. */
  open(partNumber: number): AppendFile {
    const { disk, directory, onTooMany } = this.#options;
    const file = new AppendFile(async () =>
      disk.open(join(await directory, partFile(partNumber)), 'create'),
    );
    this.#files.push(file);
    // Not now: this part's first picture is on its way into it.
    if (this.#files.length === MAX_PARTS) queueMicrotask(onTooMany);
    return file;
  }

  /** Hands what is queued to the operating system. Rejects with the first failure. */
  async flush(): Promise<void> {
    const waiting = this.#files.filter((file) => file.pending > 0);
    await Promise.all(waiting.map((file) => file.flush()));
  }

  /** Makes one part after the other durable. Rejects with the first failure. */
  async sync(): Promise<void> {
    for (const file of this.#files) await file.sync();
  }

  /** Never rejects: what could not be written was told by `flush` or `sync`. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#files.map((file) => file.close()));
  }
}
