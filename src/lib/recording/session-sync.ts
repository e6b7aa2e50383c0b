/**
 * Makes a session that runs durable in turns: the raw stream and its index, from which the MP4 can be rebuilt, and once
 * the names of its files.
 */
import { join } from 'node:path';
import { CamrecError } from '../base/errors.js';
import type { Disk } from '../storage/disk.js';
import { RAW_FILE } from '../storage/session-files.js';
import type { SessionWriter } from '../storage/session-writer.js';
import type { RecordingContext } from './session-info.js';

export interface SessionSyncOptions {
  readonly context: Pick<RecordingContext, 'clock' | 'inSyncTurn'>;
  readonly disk: Disk;
  /** The session's directory, once it is there. */
  readonly directory: Promise<string>;
  readonly writer: SessionWriter;
  /** When the session began, on the clock that never jumps, in milliseconds. */
  readonly startedMonotonicMs: number;
}

export class SessionSync {
  readonly #options: SessionSyncOptions;
  #isSyncing = false;
  #namesAreDurable = false;
  #syncedMonotonicMs: number;

  constructor(options: SessionSyncOptions) {
    this.#options = options;
    this.#syncedMonotonicMs = options.startedMonotonicMs;
  }

  /** Whether what was written is being made durable. */
  get isSyncing(): boolean {
    return this.#isSyncing;
  }

  /**
   * Begins to make durable what was written, once `syncMs` have passed since the last time; nothing before that and
   * while the last time still goes on. Rejects with the first failure, or when the raw stream was deleted.
   */
  tick(syncMs: number): Promise<void> | undefined {
    const { clock, inSyncTurn } = this.#options.context;
    const nowMs = clock.monotonic();
    if (this.#isSyncing || nowMs - this.#syncedMonotonicMs < syncMs) return undefined;
    this.#syncedMonotonicMs = nowMs;
    this.#isSyncing = true;
    return inSyncTurn(() => this.#sync()).finally(() => {
      this.#isSyncing = false;
    });
  }

  async #sync(): Promise<void> {
    const { disk, writer } = this.#options;
    await writer.sync();
    const directory = await this.#options.directory;
    const raw = join(directory, RAW_FILE);
    // An open file can be written to for ever after it was deleted.
    if (writer.rawWritten > 0 && (await disk.fileSize(raw)) === undefined) {
      throw new CamrecError('DIRECTORY_UNUSABLE', `${raw} has vanished`);
    }
    if (this.#namesAreDurable) return;
    // The names of the files, once: their contents are synced by themselves.
    await disk.syncDirectory(directory);
    this.#namesAreDurable = true;
  }
}
