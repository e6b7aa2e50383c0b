/**
 * The thumbnail of a session: made from the first key picture as it stands in memory, while the session goes on.
 */
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import type { CodedPicture } from '../h264/coded-picture.js';
import { joinAnnexB } from '../h264/nal-units.js';
import { THUMBNAIL_FILE } from '../storage/session-files.js';
import type { MakeThumbnail } from './session-info.js';
import { settleWithin } from './settle.js';

/** A thumbnail that is not made so long after its picture came is given up when the session ends: an ffmpeg hangs. */
const THUMBNAIL_WAIT_MS = 5_000;

export interface SessionThumbnailOptions {
  readonly clock: Clock;
  readonly makeThumbnail: MakeThumbnail;
  /** The session's directory, once it is there. */
  readonly directory: Promise<string>;
}

export class SessionThumbnail {
  readonly #options: SessionThumbnailOptions;
  readonly #givenUp = new AbortController();
  #making: Promise<boolean> | undefined;
  #dueMs = 0;

  constructor(options: SessionThumbnailOptions) {
    this.#options = options;
  }

  /** Whether a picture is the one to make it from. */
  wants(picture: CodedPicture<unknown>): boolean {
    return picture.key && this.#making === undefined;
  }

  /** Begins to make it, from a picture and the parameter sets in force. Returns at once; a failure costs only the thumbnail. */
  make(
    { nalUnits }: Pick<CodedPicture<unknown>, 'nalUnits'>,
    parameterSets: readonly Uint8Array[],
  ): void {
    const { clock, makeThumbnail, directory } = this.#options;
    const { signal } = this.#givenUp;
    const picture = joinAnnexB([...parameterSets, ...nalUnits]);
    this.#dueMs = clock.monotonic() + THUMBNAIL_WAIT_MS;
    this.#making = directory.then((path) =>
      makeThumbnail(picture, join(path, THUMBNAIL_FILE), signal),
    );
    this.#making.catch(() => {});
  }

  /** Whether there is one, at the end of the session. One that is given up does not appear later. Never rejects. */
  async made(): Promise<boolean> {
    const { clock } = this.#options;
    const waitMs = Math.max(0, this.#dueMs - clock.monotonic());
    const made = await settleWithin(clock, waitMs, this.#making);
    if (made === undefined) this.#givenUp.abort();
    return made ?? false;
  }
}
