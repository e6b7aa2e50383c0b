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

/** Longest wait for the thumbnail at the end of a session. */
const THUMBNAIL_WAIT_MS = 5_000;

export interface SessionThumbnailOptions {
  readonly makeThumbnail: MakeThumbnail;
  /** The session's directory, once it is there. */
  readonly directory: Promise<string>;
}

export class SessionThumbnail {
  readonly #options: SessionThumbnailOptions;
  #making: Promise<boolean> | undefined;

  constructor(options: SessionThumbnailOptions) {
    this.#options = options;
  }

  /** Whether a picture is the one to make it from. */
  wants(picture: CodedPicture<unknown>): boolean {
    return picture.key && this.#making === undefined;
  }

  /** Begins to make it, from a picture and the parameter sets in force. Returns at once; a failure costs only the thumbnail. */
  make({ nalUnits }: CodedPicture<unknown>, parameterSets: readonly Uint8Array[]): void {
    const { makeThumbnail, directory } = this.#options;
    const picture = joinAnnexB([...parameterSets, ...nalUnits]);
    this.#making = directory.then((path) => makeThumbnail(picture, join(path, THUMBNAIL_FILE)));
    this.#making.catch(() => {});
  }

  /** Whether there is one, waiting a few seconds for it at most. Never rejects. */
  async made(clock: Clock): Promise<boolean> {
    return (await settleWithin(clock, THUMBNAIL_WAIT_MS, this.#making)) ?? false;
  }
}
