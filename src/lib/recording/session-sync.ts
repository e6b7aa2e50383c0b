/**
 * Makes a session that runs durable in turns: the raw stream and its index, from which the MP4 can be rebuilt, and once
 * the names of its files.
 */
import { join } from 'node:path';
import type { Disk } from '../storage/disk.js';
import { RAW_FILE } from '../storage/session-files.js';
import type { SessionWriter } from '../storage/session-writer.js';
import { assertNotDeleted } from './deleted-file.js';
import type { RecordingContext } from './session-info.js';

/** How often a session that runs is ticked, in milliseconds. */
export const TICK_EVERY_MS = 150;

export interface SessionSyncOptions {
  readonly context: Pick<RecordingContext, 'clock' | 'inSyncTurn'>;
  readonly disk: Pick<Disk, 'fileSize' | 'syncDirectory'>;
  /** The session's directory, once it is there. */
  readonly directory: Promise<string>;
  /** Resolves when the first manifest is durable. */
  readonly opened: Promise<unknown>;
  readonly writer: Pick<SessionWriter, 'sync' | 'rawWritten'>;
  /** When the session began, on the clock that never jumps, in milliseconds. */
  readonly startedMonotonicMs: number;
}

export class SessionSync {
  readonly #options: SessionSyncOptions;
  #manifestIsDurable = false;
  #isSyncing = false;
  #namesAreDurable = false;
  /** When the last sync began. */
  #begunMs: number;
  /** When the last one began that has ended: what was there then is durable. */
  #durableMs: number;
  #tookMs = 0;

  constructor(options: SessionSyncOptions) {
    this.#options = options;
    this.#begunMs = options.startedMonotonicMs;
    this.#durableMs = options.startedMonotonicMs;
    const isDurable = () => {
      this.#manifestIsDurable = true;
    };
    // Who opens the session is told of a failure.
    options.opened.then(isDurable, () => {});
  }

  /** Whether what was written is being made durable. */
  get isSyncing(): boolean {
    return this.#isSyncing;
  }

  /** How much of the session, in milliseconds, a power cut would cost now. */
  get unsyncedMs(): number {
    return this.#options.context.clock.monotonic() - this.#durableMs;
  }

  /**
   * Begins to make durable what was written, so early that nothing is older than `syncMs` when it is: by as much as the
   * last time took, and by a tick. Does nothing while the last time still goes on, nor before the manifest is durable:
   * after a power cut a stream alone would be taken for one of another recorder. Rejects with the first failure, or
   * when the raw stream was deleted.
   */
  tick(syncMs: number): Promise<void> | undefined {
    if (!this.#manifestIsDurable) return undefined;
    const { clock } = this.#options.context;
    const earlierMs = Math.min(syncMs / 2, this.#tookMs + TICK_EVERY_MS);
    const nowMs = clock.monotonic();
    if (this.#isSyncing || nowMs - this.#begunMs < syncMs - earlierMs) return undefined;
    this.#begunMs = nowMs;
    this.#isSyncing = true;
    return this.#syncInTurn().finally(() => {
      this.#isSyncing = false;
    });
  }

  async #syncInTurn(): Promise<void> {
    const { clock, inSyncTurn } = this.#options.context;
    const begunMs = this.#begunMs;
    await inSyncTurn(() => this.#sync());
    this.#durableMs = begunMs;
    this.#tookMs = clock.monotonic() - begunMs;
  }

  async #sync(): Promise<void> {
    const { disk, writer } = this.#options;
    await writer.sync();
    const directory = await this.#options.directory;
    if (writer.rawWritten > 0) await assertNotDeleted(disk, join(directory, RAW_FILE));
    if (this.#namesAreDurable) return;
    // The names of the files, once: their contents are synced by themselves.
    await disk.syncDirectory(directory);
    this.#namesAreDurable = true;
  }
}
