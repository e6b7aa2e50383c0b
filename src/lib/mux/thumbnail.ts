/**
 * Thumbnails: one key picture, handed to ffmpeg as it stands in memory.
 */
import { rename, rm } from 'node:fs/promises';
import pLimit from 'p-limit';
import { CamrecError, errorMessage } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { ffmpegVersion, runFfmpeg } from './ffmpeg.js';

/** ffmpeg processes at once: many cameras that start together must not starve the recording. */
const MAX_PARALLEL = 2;

/** Longest time for one picture. */
const TIMEOUT_MS = 10_000;

/** Width that the picture is made to fit. */
const MAX_WIDTH = 640;

/** Makes thumbnails, a few at a time, and says once when it cannot. */
export class Thumbnailer {
  readonly #logger: Logger;
  readonly #turns = pLimit(MAX_PARALLEL);
  #unable = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * Makes a JPEG of one key picture (Annex B, parameter sets in front) at `path`.
   * Resolves with false when it could not: that never fails a recording.
   */
  async make(picture: Uint8Array, path: string): Promise<boolean> {
    return this.#turns(async () => {
      if (this.#unable) return false;
      try {
        await makeThumbnail(picture, path);
        return true;
      } catch (error) {
        this.#complain(error, path);
        return false;
      }
    });
  }

  /** Looks whether ffmpeg is there, so that the operator learns at the start what will be left out. */
  async lookForFfmpeg(): Promise<void> {
    if ((await ffmpegVersion()) === undefined) this.#sayMissing();
  }

  #complain(error: unknown, path: string): void {
    if (error instanceof CamrecError && error.code === 'FFMPEG_MISSING') this.#sayMissing();
    else
      this.#logger.warn(
        { event: 'thumbnail.failed', path },
        `no thumbnail: ${errorMessage(error)}`,
      );
  }

  /** Once: what is missing does not change while the program runs. */
  #sayMissing(): void {
    if (this.#unable) return;
    this.#unable = true;
    this.#logger.warn(
      { event: 'ffmpeg.missing' },
      'ffmpeg is missing, so thumbnails are left out and all else works; install it, or set FFMPEG_BIN',
    );
  }
}

/** Makes a JPEG of one key picture. Throws FFMPEG_MISSING, FFMPEG_FAILED. */
export async function makeThumbnail(picture: Uint8Array, path: string): Promise<void> {
  const beside = `${path}.new`;
  const scale = `scale='min(${MAX_WIDTH},iw*sar)':-2,setsar=1`;
  const output = ['-frames:v', '1', '-vf', scale, '-q:v', '4', '-f', 'mjpeg', '-y', beside];
  try {
    await runFfmpeg(['-f', 'h264', '-i', 'pipe:0', ...output], {
      input: picture,
      timeoutMs: TIMEOUT_MS,
    });
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
}
