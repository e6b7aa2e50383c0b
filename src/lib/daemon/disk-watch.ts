/**
 * Watches the free space of the recordings directory: sessions end in good order before the disk is full.
 */
import type { Clock, Timer } from '../base/clock.js';
import { formatBytes } from '../base/format.js';
import type { Disk } from '../storage/disk.js';

const LOOK_EVERY_MS = 2_000;

export interface DiskWatchOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  /** Below this, sessions are ended and none begins; 0 switches that off. */
  readonly minFreeBytes: number;
  /** Called each time the free space is found below the limit. */
  readonly onLow: (freeBytes: number) => void;
}

export class DiskWatch {
  readonly #options: DiskWatchOptions;
  #freeBytes = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;

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

  /** Why no session may begin now, or nothing. */
  get refusal(): string | undefined {
    const { minFreeBytes } = this.#options;
    if (this.#freeBytes >= minFreeBytes) return undefined;
    return `only ${formatBytes(this.#freeBytes)} of disk are free, less than --min-free ${formatBytes(minFreeBytes)}`;
  }

  async look(): Promise<void> {
    const { disk, directory, minFreeBytes, onLow } = this.#options;
    try {
      this.#freeBytes = await disk.freeBytes(directory);
    } catch {
      // A directory that has vanished shows at the next write, with its own error.
      return;
    }
    if (this.#freeBytes < minFreeBytes) onLow(this.#freeBytes);
  }
}
