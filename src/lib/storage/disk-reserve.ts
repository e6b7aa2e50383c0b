/**
 * Room kept back on the disk: files of no meaning, one for each session that runs, which are removed when the disk is
 * full so that the session's files can be finished. They stand in the recordings directory under hidden names.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Disk, DiskFile } from './disk.js';

/** Room for one session: what waits for the disk when it turns out to be full, and the end of the MP4. */
export const RESERVE_BYTES = 4 * 1024 * 1024;

/** How much of it is meant for what waits for the disk: a session that has had more waiting keeps more room back. */
export const RESERVE_QUEUE_BYTES = 3 * 1024 * 1024;

/** Room for the tables of an MP4, per picture: no table takes more. */
export const RESERVE_BYTES_PER_PICTURE = 24;

/** Reserves that nobody needs and that stay all the same, beyond one for each session that runs. */
export const SPARE_RESERVES = 4;

const RESERVE_FILE = '.camrec.reserve';

/** Written at a time, so that filling a reserve does not hold up the recordings. */
const STEP_BYTES = 512 * 1024;

export interface ReserveOptions {
  readonly disk: Disk;
  /** The recordings directory. */
  readonly directory: string;
  /** Of each reserve, at first. */
  readonly bytes?: number | undefined;
  /** Room could not be kept back: sessions go on without. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** The reserves of one recordings directory. They outlive the sessions, so that they need not be written for each. */
export class DiskReserves {
  readonly #options: ReserveOptions;
  #free: Reserve[] = [];
  readonly #all = new Set<Reserve>();
  /** One reserve is filled at a time. */
  #turn: Promise<void> = Promise.resolve();
  #made = 0;

  constructor(options: ReserveOptions) {
    this.#options = options;
  }

  /** Removes what a process that was killed has left. Never rejects. */
  async clean(): Promise<void> {
    const { disk, directory } = this.#options;
    const names = await disk.list(directory).catch(() => []);
    const stale = names.filter((name) => name.startsWith(RESERVE_FILE));
    await Promise.all(stale.map((name) => disk.remove(join(directory, name)).catch(() => {})));
  }

  /** A reserve for one session. It is filled in the background. */
  take(): Reserve {
    // Others in place of those that could not be filled may succeed.
    for (const free of this.#free.filter(({ isBroken }) => isBroken)) void free.release();
    this.#free = this.#free.filter(({ isBroken }) => !isBroken);
    // The last one is for manifests of sessions that have given theirs back.
    const free = this.#free.length > 1 ? this.#free.pop() : undefined;
    if (free !== undefined) return free;
    const { disk, directory, bytes = RESERVE_BYTES, onFailure = () => {} } = this.#options;
    this.#made += 1;
    const reserve: Reserve = new Reserve({
      disk,
      path: join(directory, `${RESERVE_FILE}.${this.#made}`),
      onFailure,
      inTurn: (work) => {
        this.#turn = this.#turn.then(work);
      },
      giveBack: () => this.#giveBack(reserve),
      releaseSpare: () => this.#releaseSpare(),
      forget: () => this.#all.delete(reserve),
    });
    this.#all.add(reserve);
    reserve.ensure(bytes);
    return reserve;
  }

  /** As many as run now may begin anew; more than that and a few would take room for nothing. */
  #giveBack(reserve: Reserve): void {
    this.#free.push(reserve);
    const inUse = this.#all.size - this.#free.length;
    const tooMany = Math.max(0, this.#free.length - inUse - SPARE_RESERVES);
    for (const spare of this.#free.splice(0, tooMany)) void spare.release();
  }

  /** One that is being filled on a full disk holds nothing. */
  async #releaseSpare(): Promise<void> {
    for (let spare = this.#free.pop(); spare !== undefined; spare = this.#free.pop()) {
      if (await spare.release()) return;
    }
  }

  /** Resolves when those that are being filled are full. */
  async filled(): Promise<void> {
    await this.#turn;
  }

  /** Removes all of them. Never rejects. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((reserve) => reserve.release()));
  }
}

interface ReserveParts {
  readonly disk: Disk;
  readonly path: string;
  readonly onFailure: (error: unknown) => void;
  readonly inTurn: (work: () => Promise<void>) => void;
  readonly giveBack: () => void;
  readonly releaseSpare: () => Promise<void>;
  readonly forget: () => void;
}

/** The room of one session. */
export class Reserve {
  readonly #parts: ReserveParts;
  #wanted = 0;
  #held = 0;
  #isBroken = false;
  #file: DiskFile | undefined;
  #filling: Promise<void> | undefined;
  #releasing: Promise<boolean> | undefined;

  constructor(parts: ReserveParts) {
    this.#parts = parts;
  }

  /** Bytes that are kept back now. */
  get bytes(): number {
    return this.#held;
  }

  /** Whether it could not be filled as far as it should be. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Keeps back at least so many bytes, as soon as they are written. */
  ensure(bytes: number): void {
    if (bytes <= this.#wanted || this.#releasing !== undefined) return;
    // In whole steps: a table grows with every picture.
    this.#wanted = Math.ceil(bytes / STEP_BYTES) * STEP_BYTES;
    this.#filling ??= new Promise((resolve) => {
      this.#parts.inTurn(() => this.#fill().then(resolve));
    });
  }

  /** Frees the room, for good. Resolves with whether there was any. Never rejects. */
  release(): Promise<boolean> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  /** The session has ended without needing it: the next one may have it. */
  giveBack(): void {
    if (this.#releasing === undefined) this.#parts.giveBack();
  }

  /** Frees the room of one that no session has, where there is any. Never rejects. */
  releaseSpare(): Promise<void> {
    return this.#parts.releaseSpare();
  }

  async #fill(): Promise<void> {
    const { disk, path, onFailure } = this.#parts;
    try {
      this.#file ??= await disk.open(path, 'replace');
      // Zeros would take no room on a file system that compresses.
      const filling = randomBytes(STEP_BYTES);
      while (this.#held < this.#wanted && this.#releasing === undefined) {
        const taken = await this.#file.writev([filling], this.#held);
        if (taken === 0) throw new Error(`the disk took no bytes of ${path}`);
        this.#held += taken;
      }
      this.#filling = undefined;
    } catch (error) {
      // Half a reserve is of use as well; it is not tried again.
      this.#isBroken = true;
      onFailure(error);
    }
  }

  async #release(): Promise<boolean> {
    this.#parts.forget();
    await this.#filling;
    const had = this.#held > 0;
    this.#held = 0;
    await this.#file?.close().catch(() => {});
    await this.#parts.disk.remove(this.#parts.path).catch(() => {});
    return had;
  }
}
