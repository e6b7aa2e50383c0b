/**
 * Thumbnails: one key picture, handed to ffmpeg in a file of its own.
 */
import { chmod, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { CamrecError, errorMessage } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { NEW_SUFFIX, THUMBNAIL_PICTURE_SUFFIX } from '../storage/session-files.js';
import type { FfmpegOptions } from './ffmpeg-command.js';

/** Pictures for one ffmpeg: starting it costs most of what it costs. */
const MAX_BATCH = 16;

/** How long a picture waits for others: cameras tend to start together. */
const GATHER_MS = 50;

/** Longest time for one ffmpeg, which waits for all others where a CPU is wanted. No session waits that long for it. */
const TIMEOUT_MS = 30_000;

/** Longest time in which it says which version it is. */
const VERSION_TIMEOUT_MS = 5_000;

const MISSING = 'ffmpeg is missing';

/** Width that the picture is made to fit. */
const MAX_WIDTH = 640;

/** As all files of a session: ffmpeg makes its own as the umask has it. */
const PRIVATE_FILE = 0o600;

/** A picture (Annex B, parameter sets in front) and where its JPEG belongs. */
interface Order {
  readonly picture: Uint8Array;
  readonly path: string;
  /** Nobody wants it any more: nothing is to appear at `path`. */
  readonly signal?: AbortSignal | undefined;
}

interface WaitingOrder extends Order {
  readonly done: (made: boolean) => void;
}

/** As `runFfmpeg`; or by another process. */
type Run = (args: readonly string[], options: FfmpegOptions) => Promise<unknown>;

/** What it needs takes long to load. */
const runHere: Run = async (...order) => (await import('./ffmpeg.js')).runFfmpeg(...order);

/** Makes thumbnails, one ffmpeg at a time, and says once when it cannot. */
export class Thumbnailer {
  readonly #logger: Logger;
  readonly #run: Run;
  #waiting: WaitingOrder[] = [];
  #working = false;
  #unable = false;

  constructor(logger: Logger, run: Run = runHere) {
    this.#logger = logger;
    this.#run = run;
  }

  /**
   * Makes a JPEG of one key picture (Annex B, parameter sets in front) at `path`.
   * Resolves with false when it could not: that never fails a recording. After `signal` nothing appears at `path`.
   */
  make(picture: Uint8Array, path: string, signal?: AbortSignal): Promise<boolean> {
    return new Promise((done) => {
      const giveUp = () => {
        this.#sayFailed(path, 'ffmpeg took too long');
        // The session ends now, and the process may, before an ffmpeg that hangs has given the picture back.
        const removed = rm(pictureBeside(path), { force: true });
        void removed.catch(() => {}).then(() => done(false));
      };
      if (signal?.aborted === true) return giveUp();
      signal?.addEventListener('abort', giveUp);
      this.#waiting.push({ picture, path, signal, done });
      if (!this.#working) void this.#work();
    });
  }

  /** Whether ffmpeg is there: the operator learns at the start what will be left out. */
  async lookForFfmpeg(): Promise<boolean> {
    try {
      await this.#run(['-version'], { timeoutMs: VERSION_TIMEOUT_MS });
      return true;
    } catch (error) {
      const why = isMissing(error) ? MISSING : `ffmpeg cannot be used (${errorMessage(error)})`;
      this.#sayUnable(why);
      return false;
    }
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#waiting.length > 0) {
      if (!this.#unable) await wait(GATHER_MS);
      await this.#makeAll(this.#waiting.splice(0, MAX_BATCH));
    }
    this.#working = false;
  }

  /** Makes what can be made. One picture that ffmpeg chokes on fails the others with it, so they are tried alone then. */
  async #makeAll(orders: readonly WaitingOrder[]): Promise<void> {
    const batch = orders.filter(isWanted);
    const [first] = batch;
    if (first === undefined) return;
    try {
      if (!this.#unable) await makeThumbnails(batch, this.#run);
      for (const order of batch) order.done(!this.#unable && isWanted(order));
    } catch (error) {
      if (batch.length > 1) for (const order of batch) await this.#makeAll([order]);
      else {
        this.#complain(error, first.path);
        first.done(false);
      }
    }
  }

  #complain(error: unknown, path: string): void {
    if (isMissing(error)) this.#sayUnable(MISSING);
    else this.#sayFailed(path, errorMessage(error));
  }

  #sayFailed(path: string, why: string): void {
    this.#logger.warn({ event: 'thumbnail.failed', path }, `no thumbnail: ${why}`);
  }

  /** Once: what is missing does not change while the program runs. */
  #sayUnable(why: string): void {
    if (this.#unable) return;
    this.#unable = true;
    this.#logger.warn(
      { event: 'ffmpeg.missing' },
      `${why}, so thumbnails are left out and all else works; install it, or set FFMPEG_BIN`,
    );
  }
}

/** The picture that a thumbnail is made from, while it is being made. */
function pictureBeside(path: string): string {
  return `${path}${THUMBNAIL_PICTURE_SUFFIX}${NEW_SUFFIX}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof CamrecError && error.code === 'FFMPEG_MISSING';
}

function isWanted({ signal }: Order): boolean {
  return signal?.aborted !== true;
}

/** Makes all of them, or throws FFMPEG_MISSING, FFMPEG_FAILED. */
async function makeThumbnails(orders: readonly Order[], run: Run): Promise<void> {
  const scale = `scale='min(${MAX_WIDTH},iw*sar)':-2,setsar=1`;
  // Not told so, ffmpeg decodes the picture once to learn what it is, and once more to have it.
  const readAsItIs = ['-threads', '1', '-nofind_stream_info', '-f', 'h264'];
  const beside = (path: string) => `${path}${NEW_SUFFIX}`;
  // A path may begin with what looks like an option or a protocol.
  const url = (path: string) => `file:${path}`;
  try {
    for (const { picture, path } of orders) {
      await writeFile(pictureBeside(path), picture, { mode: PRIVATE_FILE });
    }
    await run(
      [
        ...orders.flatMap(({ path }) => [...readAsItIs, '-i', url(pictureBeside(path))]),
        ...orders.flatMap(({ path }, n) => [
          ...['-map', `${n}:v`, '-frames:v', '1', '-threads', '1', '-vf', scale],
          ...['-q:v', '4', '-f', 'mjpeg', '-y', url(beside(path))],
        ]),
      ],
      // When many cameras begin at once, their pictures come first.
      { timeoutMs: TIMEOUT_MS, inBackground: true },
    );
    for (const { path } of orders) {
      // A picture that decodes to nothing is no error for ffmpeg.
      if ((await stat(beside(path))).size === 0) {
        throw new CamrecError('FFMPEG_FAILED', 'ffmpeg could not decode the first picture');
      }
    }
    for (const { path } of orders.filter(isWanted)) {
      await chmod(beside(path), PRIVATE_FILE);
      await rename(beside(path), path);
    }
  } finally {
    for (const { path } of orders) {
      await rm(beside(path), { force: true });
      await rm(pictureBeside(path), { force: true });
    }
  }
}
