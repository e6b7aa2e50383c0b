// Fills free memory with page cache, as it is on a machine that has been up for a while.
//
// Virtual machines give memory that is free for some seconds back to their hosts, and to get it again costs up to ten
// times as much as the copying into it. A program that follows another one at once gets the memory of that one's files,
// and one that takes longer to start does not: without this, the order of the programs is what is measured.
//
// They give back only blocks of 2 MB and more (Linux, Documentation/mm/free_page_reporting). The kernel keeps up to a
// gigabyte in smaller ones, so only the large ones count here.
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { join } from 'node:path';

const MB = 1e6;
/** Less than this stays free in large blocks. The kernel frees more when it is needed, by giving up the oldest of the cache. */
const FREE_BELOW = 200 * MB;
/** More than this takes minutes to fill. */
const FREE_ABOVE = 48_000 * MB;
const PAGE = 4096;
const PIECE = 4 << 20;
/** What is not filled after so many attempts cannot be: a limit is set on the cache. */
const ATTEMPTS = 6;
const TMPFS = 0x01021994;

/** Pages of 4 kB in a block that can be given back: two to the power of this. */
const LARGE_BLOCK = 9;

/** Bytes free in large blocks. /proc/buddyinfo counts the free blocks of each zone by their size, a power of two. */
function freeBytes() {
  let pages = 0;
  for (const zone of readFileSync('/proc/buddyinfo', 'latin1').trim().split('\n')) {
    const [, counts] = /zone\s+\S+\s+(.*)/.exec(zone) ?? [];
    const blocks = counts?.split(/\s+/).map(Number) ?? [];
    for (let order = LARGE_BLOCK; order < blocks.length; order += 1) {
      pages += blocks[order] * 2 ** order;
    }
  }
  return pages * PAGE;
}

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
    this.#touchRest();
  }

  /** What stays free has just been in use: it is given back seconds later at the earliest. */
  #touchRest() {
    rmSync(this.#readEmptyFile(freeBytes()));
  }

  #giveUp(why) {
    this.#why = why;
    console.error(`memory is not filled before programs are measured: ${why}`);
  }

  #readEmptyFile(bytes) {
    this.#files += 1;
    const path = join(this.#directory, `page-cache-${this.#files}`);
    const file = openSync(path, 'w+');
    ftruncateSync(file, bytes);
    for (let at = 0; at < bytes; at += PIECE) readSync(file, this.#piece, 0, PIECE, at);
    closeSync(file);
    return path;
  }
}
