// Fills free memory with page cache, as it is on a machine that has been up for a while.
//
// Virtual machines give memory that is free for some seconds back to their hosts, and to get it again costs up to ten
// times as much as the copying into it. A program that follows another one at once gets the memory of that one's files,
// and one that takes longer to start does not: without this, the order of the programs is what is measured.
import { closeSync, ftruncateSync, openSync, readFileSync, readSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

const MB = 1e6;
/** Less than this stays free. The kernel frees more when it is needed, by giving up the oldest of the cache. */
const FREE_BELOW = 400 * MB;
/** More than this takes minutes to fill. */
const FREE_ABOVE = 48_000 * MB;
const PIECE = 4 << 20;
/** What is not filled after so many attempts cannot be: a limit is set on the cache. */
const ATTEMPTS = 3;
const TMPFS = 0x01021994;

const freeBytes = () =>
  Number(/^MemFree:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1]) * 1024;

export class PageCache {
  #directory;
  #files = 0;
  #piece = Buffer.alloc(PIECE);
  #why;

  /** Files without contents are made in `directory`; they take no room on the disk. */
  constructor(directory) {
    this.#directory = directory;
  }

  /** Fills what is free now. Where that cannot be done, it is said once and not tried again. */
  fill() {
    if (this.#why !== undefined) return;
    if (statfsSync(this.#directory).type === TMPFS) return this.#giveUp('the files are in memory');
    if (freeBytes() > FREE_ABOVE) return this.#giveUp('there is too much of it');
    for (let attempt = 1; freeBytes() > FREE_BELOW; attempt += 1) {
      if (attempt > ATTEMPTS) return this.#giveUp('the cache has a limit');
      this.#readEmptyFile(freeBytes() - FREE_BELOW / 2);
    }
  }

  #giveUp(why) {
    this.#why = why;
    console.error(`memory is not filled before programs are measured: ${why}`);
  }

  #readEmptyFile(bytes) {
    this.#files += 1;
    const file = openSync(join(this.#directory, `page-cache-${this.#files}`), 'w+');
    ftruncateSync(file, bytes);
    for (let at = 0; at < bytes; at += PIECE) readSync(file, this.#piece, 0, PIECE, at);
    closeSync(file);
  }
}
