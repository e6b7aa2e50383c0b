/**
 * Says when the disk cannot make recordings durable as often as it should: `--sync` is a promise about power cuts.
 */
import type { Clock, Timer } from '../base/clock.js';
import type { Logger } from '../base/logger.js';

const LOOK_EVERY_MS = 5_000;

/** Only a disk that is late by more than this much of `--sync` is spoken of, and it is back when it is no later. */
const LATE_SHARE = 1;
const BACK_SHARE = 0.25;

/** Beside that: a disk may be busy for a moment. */
const ALLOWANCE_MS = 1_000;

export interface SyncWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Longest time that recorded bytes should stay unsynced, in milliseconds. */
  readonly syncMs: number;
  /** What a power cut would cost now, in milliseconds. */
  readonly unsyncedMs: () => number;
}

export class SyncWatch {
  readonly #options: SyncWatchOptions;
  #timer: Timer | undefined;
  #isLate = false;
  #lookedMs = 0;

  constructor(options: SyncWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#lookedMs = this.#options.clock.monotonic();
    this.#timer = this.#options.clock.every(LOOK_EVERY_MS, () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { clock, logger, syncMs } = this.#options;
    const heldUpMs = clock.monotonic() - this.#lookedMs - LOOK_EVERY_MS;
    this.#lookedMs = clock.monotonic();
    // This process was suspended and the disk not asked: the next look tells how fast it is.
    if (heldUpMs > ALLOWANCE_MS) return;
    const unsyncedMs = this.#options.unsyncedMs();
    const lateMs = unsyncedMs - syncMs - ALLOWANCE_MS;
    const isLate = lateMs > syncMs * (this.#isLate ? BACK_SHARE : LATE_SHARE);
    if (isLate === this.#isLate) return;
    this.#isLate = isLate;
    const fields = { event: 'sync.late', isLate, unsyncedMs: Math.round(unsyncedMs), syncMs };
    const seconds = (unsyncedMs / 1000).toFixed(1);
    if (isLate) {
      const text = `the disk is too slow for --sync: a power cut would cost ${seconds} s of recording`;
      logger.warn(fields, text);
    } else logger.info(fields, `the disk keeps up again: a power cut would cost ${seconds} s`);
  }
}
