/**
 * Watches the recordings directory: sessions end in good order before the disk is full, and none begins where it could
 * not be written.
 */
import type { Clock, Timer } from '../base/clock.js';
import { errorMessage } from '../base/errors.js';
import { formatBytes } from '../base/format.js';
import type { Logger } from '../base/logger.js';
import type { Disk } from '../storage/disk.js';
import type { Refusal } from './refused-capture.js';

const LOOK_EVERY_MS = 2_000;

export type DiskState =
  | 'ok'
  /** Less is free than is to be kept free. */
  | 'low'
  /** The directory has vanished, or cannot be written to. */
  | 'unusable';

export interface DiskWatchOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly directory: string;
  /** Below this, sessions are ended and none begins; 0 switches that off. */
  readonly minFreeBytes: number;
  /** Rejects when the directory cannot be written to. */
  readonly checkWritable: (directory: string) => Promise<void>;
  /** Resolves with the bytes that a file may have there; Infinity where no limit is known. */
  readonly largestFile: (directory: string) => Promise<number>;
  /** Called each time the free space is found below the limit. */
  readonly onLow: (freeBytes: number) => void;
}

export class DiskWatch {
  readonly #options: DiskWatchOptions;
  #freeBytes = Number.POSITIVE_INFINITY;
  #largestFile = Number.POSITIVE_INFINITY;
  #state: DiskState = 'ok';
  #trouble = '';
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.look();
    this.#timer = this.#options.clock.every(LOOK_EVERY_MS, () => void this.look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Free bytes when last looked at. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Bytes that a file may have, as it was then. */
  get largestFile(): number {
    return this.#largestFile;
  }

  get state(): DiskState {
    return this.#state;
  }

  /** Why no session may begin now, or nothing. */
  get refusal(): string | undefined {
    return this.captureRefusal?.text;
  }

  /** The same, with its code. */
  get captureRefusal(): Refusal | undefined {
    const { minFreeBytes, directory } = this.#options;
    if (this.#state === 'ok') return undefined;
    if (this.#state === 'unusable') {
      return { reason: 'disk-error', text: `${directory} cannot be written to: ${this.#trouble}` };
    }
    const text = `only ${formatBytes(this.#freeBytes)} of disk are free, less than --min-free ${formatBytes(minFreeBytes)}`;
    return { reason: 'disk-low', text };
  }

  /** Looks now. Never rejects; a disk that does not answer is asked once. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { disk, directory, minFreeBytes, checkWritable, largestFile, onLow } = this.#options;
    try {
      await checkWritable(directory);
      this.#freeBytes = await disk.freeBytes(directory);
      this.#largestFile = await largestFile(directory);
    } catch (error) {
      this.#trouble = errorMessage(error);
      this.#enter('unusable');
      return;
    }
    const isLow = this.#freeBytes < minFreeBytes;
    this.#enter(isLow ? 'low' : 'ok');
    if (isLow) onLow(this.#freeBytes);
  }

  #enter(state: DiskState): void {
    if (state === this.#state) return;
    this.#state = state;
    const { logger } = this.#options;
    const fields = { event: 'disk', state, freeBytes: this.#freeBytes };
    const { refusal } = this;
    if (refusal === undefined) logger.info(fields, 'the disk can be recorded to again');
    else {
      // Sessions that have their files open may go on in a directory that takes no new ones.
      const what = state === 'low' ? 'nothing is recorded' : 'no recording can begin';
      logger.error(fields, `${what}: ${refusal}`);
    }
  }
}
