/**
 * Thumbnails: one key picture, handed to ffmpeg as it stands in memory.
 */
import { rename, rm } from 'node:fs/promises';
import { errorMessage } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { runFfmpeg } from './ffmpeg.js';

/** ffmpeg processes at once: many cameras that start together must not starve the recording. */
const MAX_PARALLEL = 2;

/** Longest time for one picture. */
const TIMEOUT_MS = 10_000;

/** Width that the picture is made to fit. */
const MAX_WIDTH = 640;

/** Makes thumbnails, a few at a time, and says once when it cannot. */
export class Thumbnailer {
  readonly #logger: Logger;
  #running = 0;
  #waiting: (() => void)[] = [];
  #unable = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * Makes a JPEG of one key picture (Annex B, parameter sets in front) at `path`.
   * Resolves with false when it could not: that never fails a recording.
   */
  async make(picture: Uint8Array, path: string): Promise<boolean> {
    if (this.#unable) return false;
    await this.#turn();
    try {
      if (this.#unable) return false;
      await makeThumbnail(picture, path);
      return true;
    } catch (error) {
      this.#complain(error, path);
      return false;
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= MAX_PARALLEL) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }

  #complain(error: unknown, path: string): void {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'FFMPEG_MISSING';
    if (isMissing) this.#unable = true;
    this.#logger.warn({ path, error: errorMessage(error) }, `no thumbnail: ${errorMessage(error)}`);
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
