/**
 * Finishes in the background what an earlier daemon left unfinished, one session after the other, while cameras
 * connect and record. Only directories that were there before the first camera could connect are looked at.
 */
import { join } from 'node:path';
import { CamrecError, errorMessage } from '../base/errors.js';
import { count } from '../base/format.js';
import type { Logger } from '../base/logger.js';
import { shellWord } from '../base/shell-word.js';
import { recoverSession } from '../mux/recover-session.js';
import { type SessionCondition, sessionCondition } from '../mux/session-condition.js';
import type { RecordingContext } from '../recording/session-info.js';
import { unreadableDirectory } from '../storage/directory-errors.js';
import { lockDirectory } from '../storage/directory-lock.js';
import type { Manifest } from '../storage/manifest.js';
import { wantOfRoom } from './recovery-room.js';

export interface RecoveryOptions
  extends Pick<
    RecordingContext,
    'disk' | 'clock' | 'logger' | 'directory' | 'version' | 'makeThumbnail'
  > {
  /** Why nothing may be written now, or nothing. */
  readonly refusal: () => string | undefined;
  /** To be kept free for recordings, `--min-free`. */
  readonly minFreeBytes: number;
}

export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #ending = new AbortController();
  #names: readonly string[] = [];
  #running: Promise<void> | undefined;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /**
   * Remembers which directories are there. To be awaited before any camera can connect. Throws DIRECTORY_UNUSABLE where
   * that cannot be told.
   */
  async look(): Promise<void> {
    const { disk, directory } = this.#options;
    const names = await disk.list(directory).catch((error: unknown) => {
      throw unreadableDirectory(directory, error);
    });
    this.#names = names.filter((name) => !name.startsWith('.')).sort();
  }

  /** Begins. Returns at once. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends at once; a session that is half done stays unfinished, and the next daemon begins with it again. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (const name of this.#names) {
      if (this.#ending.signal.aborted) return;
      try {
        await this.#recover(name);
      } catch (error) {
        if (this.#ending.signal.aborted) return;
        const fields = {
          event: 'session.unrecoverable',
          session: name,
          error: errorMessage(error),
        };
        this.#options.logger.error(fields, `${name} is not recovered: ${errorMessage(error)}`);
      }
    }
  }

  async #recover(name: string): Promise<void> {
    const { disk, clock, logger, version, makeThumbnail, refusal, minFreeBytes } = this.#options;
    const directory = join(this.#options.directory, name);
    const condition = await sessionCondition(disk, directory);
    if (condition.kind === 'busy') logBusy(logger, name, condition);
    if (condition.kind !== 'unfinished') return;
    const refused = refusal() ?? (await wantOfRoom({ disk, directory, minFreeBytes }));
    if (refused !== undefined) {
      const later = `camrec mux ${shellWord(directory)} recovers it later`;
      throw new CamrecError('DISK_FULL', `${refused}; ${later}`);
    }
    const lock = await lockDirectory(directory);
    try {
      const { manifest, why } = condition;
      const recovered = await recoverSession({
        ...{ disk, directory, manifest, why, version, makeThumbnail },
        nowMs: clock.now(),
        signal: this.#ending.signal,
      });
      logRecovered(logger, name, recovered);
    } finally {
      await lock.release();
    }
  }
}

function logBusy(
  logger: Logger,
  session: string,
  { why }: Extract<SessionCondition, { kind: 'busy' }>,
): void {
  logger.warn({ event: 'session.busy', session, why }, `${session} is left alone: ${why}`);
}

function logRecovered(logger: Logger, session: string, manifest: Manifest): void {
  const { state, recovery, counts, reasonText } = manifest;
  const { lostFrames = 0, lostMs = 0, lostBytes = 0, notes = [] } = recovery ?? {};
  const fields = {
    event: 'session.recovered',
    session,
    state,
    frames: counts.frames,
    lostFrames,
    lostMs,
    lostBytes,
    notes,
  };
  const lost = `${count(lostFrames, 'frame')} and ${lostMs} ms lost (${notes.join('; ')})`;
  if (state === 'recovered') {
    logger.info(fields, `${session} recovered: ${count(counts.frames, 'frame')}, ${lost}`);
  } else logger.warn(fields, `${session} could not be recovered: ${reasonText}; ${lost}`);
}
