/**
 * The room that one session keeps back on the disk, and the disk as the session sees it: the first call that finds it
 * full frees that room, so that the session can be finished.
 */
import type { Disk } from '../storage/disk.js';
import {
  RESERVE_BYTES,
  RESERVE_BYTES_PER_PICTURE,
  RESERVE_QUEUE_BYTES,
  type Reserve,
} from '../storage/disk-reserve.js';
import { reservedDisk } from '../storage/reserved-disk.js';

export interface SessionReserveOptions {
  readonly disk: Disk;
  /** Without one the session ends as far as it came. */
  readonly reserve: Reserve | undefined;
  /** The disk is full, and so many bytes were kept back; called once, before any of them is freed. */
  readonly onFull: (error: unknown, keptBytes: number) => void;
}

export class SessionReserve {
  /** Everything of the session is written through this one. */
  readonly disk: Disk;
  readonly #reserve: Reserve | undefined;
  readonly #onFull: SessionReserveOptions['onFull'];
  #mostQueuedBytes = 0;
  /** The disk turned out to be full, and room was made to finish. */
  #isFull = false;
  #isGivenBack = false;

  constructor({ disk, reserve, onFull }: SessionReserveOptions) {
    this.#reserve = reserve;
    this.#onFull = onFull;
    this.disk = reservedDisk(disk, (error) => this.#makeRoom(error));
  }

  /** So many bytes wait for the disk now: as many may when it is full. */
  queued(bytes: number): void {
    this.#mostQueuedBytes = Math.max(this.#mostQueuedBytes, bytes);
  }

  /** Keeps back room for what may wait for the disk when it is full, and for the tables of so many pictures. */
  ensure(pictures: number): void {
    const queueBytes = Math.max(0, this.#mostQueuedBytes - RESERVE_QUEUE_BYTES);
    this.#reserve?.ensure(RESERVE_BYTES + queueBytes + RESERVE_BYTES_PER_PICTURE * pictures);
  }

  /** Nothing of the session waits for room but its manifest: another one may have it. Idempotent. */
  giveBack(): void {
    if (this.#isGivenBack || this.#isFull) return;
    this.#isGivenBack = true;
    this.#reserve?.giveBack();
  }

  async #makeRoom(error: unknown): Promise<boolean> {
    if (!this.#isFull) {
      this.#isFull = true;
      this.#onFull(error, this.#reserve?.bytes ?? 0);
    }
    if (this.#reserve === undefined) return false;
    if (!this.#isGivenBack) return this.#reserve.release();
    // By now what was given back may be another session's. Others may have made room as well.
    await this.#reserve.releaseSpare();
    return true;
  }
}
