/**
 * A disk of a given size that can be held up: what is written while it is waits, and what does not fit fails as on a
 * real full disk, after as many bytes as fitted.
 */
import { basename } from 'node:path';
import type { Disk } from '../../src/lib/storage/disk.js';
import { systemError } from './faulty-disk.js';

export class SmallDisk {
  readonly disk: Disk;
  readonly #sizes = new Map<string, number>();
  #capacity = Number.POSITIVE_INFINITY;
  #moving: Promise<void> = Promise.resolve();
  #release = () => {};

  constructor(disk: Disk) {
    this.disk = {
      ...disk,
      open: async (path, mode) => {
        const file = await disk.open(path, mode);
        return {
          ...file,
          writev: async (chunks, position) => {
            // What is kept back is written at another time than what is recorded.
            if (!basename(path).startsWith('.camrec')) await this.#moving;
            const bytes = Buffer.concat(chunks);
            const fitting = bytes.subarray(0, this.#roomAt(path, position));
            if (fitting.length === 0) throw systemError('ENOSPC', 'writev', path);
            const taken = await file.writev([fitting], position);
            this.#sizes.set(path, Math.max(this.#sizes.get(path) ?? 0, position + taken));
            return taken;
          },
        };
      },
      remove: async (path) => {
        await disk.remove(path);
        this.#sizes.delete(path);
      },
      rename: async (from, to) => {
        await disk.rename(from, to);
        this.#sizes.set(to, this.#sizes.get(from) ?? 0);
        this.#sizes.delete(from);
      },
    };
  }

  /** Writes of recordings wait from now on. */
  hold(): void {
    this.#moving = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#release();
  }

  /** Somebody else takes all the room that is left. */
  fill(): void {
    this.#capacity = this.#used;
  }

  get #used(): number {
    return [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  /** Bytes that the file can take at `position`: what it has there already needs no room. */
  #roomAt(path: string, position: number): number {
    return Math.max(0, (this.#sizes.get(path) ?? 0) - position) + this.#capacity - this.#used;
  }
}
