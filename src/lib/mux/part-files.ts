/**
 * The MP4 files that are being made, beside those that are there: only whole ones take their places.
 */
import { dirname } from 'node:path';
import { CamrecError } from '../base/errors.js';
import { MAX_PARTS } from '../recording/session-parts.js';
import { AppendFile } from '../storage/append-file.js';
import type { Disk } from '../storage/disk.js';
import { newPathFor, removeIfThere } from './new-files.js';

/** Bytes that may wait for the disk; reading goes on when half of them are written. */
const MAX_PENDING_BYTES = 4 * 1024 * 1024;

/** Writes at once: the pictures of one are put together while the disk is at work on the others. */
const BATCHES_AT_ONCE = 2;

interface Part {
  readonly path: string;
  /** Where it is until it is whole. */
  readonly newPath: string;
  readonly file: AppendFile;
}

export class PartFiles {
  readonly #disk: Disk;
  readonly #pathOf: (partNumber: number) => string;
  readonly #parts: Part[] = [];
  readonly #syncEveryBytes: number;
  #syncedBytes = 0;

  /**
   * `pathOf` says where a part belongs when it is whole; parts count from 1. `syncEveryBytes`: no more than this waits
   * for the disk itself, so that the syncs of others stay short.
   */
  constructor(
    disk: Disk,
    pathOf: (partNumber: number) => string,
    syncEveryBytes = Number.POSITIVE_INFINITY,
  ) {
    this.#disk = disk;
    this.#pathOf = pathOf;
    this.#syncEveryBytes = syncEveryBytes;
  }

  /** Where the parts belong, in order. */
  get paths(): string[] {
    return this.#parts.map((part) => part.path);
  }

  /** Where the parts are until they take their places, in order. */
  get newPaths(): string[] {
    return this.#parts.map((part) => part.newPath);
  }

  /** Opens the file of a part. Throws STREAM_UNSUPPORTED when there are more of them than any camera makes. */
  open(partNumber: number): AppendFile {
    if (partNumber > MAX_PARTS) {
      throw new CamrecError(
        'STREAM_UNSUPPORTED',
        `The stream changes its parameter sets more than ${MAX_PARTS} times`,
        { hint: 'Try the ffmpeg engine, which keeps them in one file: --engine ffmpeg' },
      );
    }
    const path = this.#pathOf(partNumber);
    const newPath = newPathFor(path);
    const open = () => this.#disk.open(newPath, 'create');
    const file = new AppendFile(open, BATCHES_AT_ONCE);
    this.#parts.push({ path, newPath, file });
    return file;
  }

  /** Bytes at the end of all parts whose memory may still be looked at: from the first that waits for the disk on. */
  get bytesInUse(): number {
    let bytes = 0;
    // One part may be written before the one in front of it is.
    for (const { file } of this.#parts) bytes += bytes > 0 ? file.length : file.inUse;
    return bytes;
  }

  /** Resolves when about half of what waits for the disk is written. Never rejects: `flush` tells what went wrong. */
  async drainHalf(): Promise<void> {
    await Promise.all(this.#parts.map(({ file }) => file.drainTo(file.pending >> 1)));
  }

  /** Nothing while little is waiting for the disk, else a promise that resolves when there is room for more. */
  backpressure(): Promise<void> | undefined {
    let pending = 0;
    let length = 0;
    for (const { file } of this.#parts) {
      pending += file.pending;
      length += file.length;
    }
    if (length - this.#syncedBytes >= this.#syncEveryBytes) {
      this.#syncedBytes = length;
      return this.#all((file) => file.sync());
    }
    return pending < MAX_PENDING_BYTES ? undefined : this.drainHalf();
  }

  async #all(work: (file: AppendFile) => Promise<void>): Promise<void> {
    await Promise.all(this.#parts.map(({ file }) => work(file)));
  }

  /** Everything is with the operating system. Rejects with the first failure. */
  async flush(): Promise<void> {
    for (const { file } of this.#parts) await file.flush();
  }

  /** The parts are whole and closed, and, if they have to survive a power cut from now on, on the disk. */
  async seal({ durable }: { readonly durable: boolean }): Promise<void> {
    for (const { file } of this.#parts) {
      if (durable) await file.sync();
      await file.close();
    }
  }

  /** The sealed parts take their places; durably, if that is asked for. */
  async place({ durable }: { readonly durable: boolean }): Promise<void> {
    for (const { path, newPath } of this.#parts) await this.#disk.rename(newPath, path);
    if (!durable) return;
    for (const directory of new Set(this.paths.map(dirname))) {
      await this.#disk.syncDirectory(directory);
    }
  }

  /** Removes what has not taken its place. Never rejects. */
  async discard(): Promise<void> {
    for (const { newPath, file } of this.#parts) {
      await file.close().catch(() => {});
      await removeIfThere(this.#disk, newPath).catch(() => {});
    }
  }
}
