/**
 * Memory to read files into.
 */

/**
 * Large blocks come from the system's allocator 16 bytes behind the beginning of a page. A copy from the page cache to
 * there writes just ahead of where it reads, by the lower twelve bits of the addresses, which is all that a CPU compares
 * at first: each load waits for a store that has nothing to do with it. That takes five times as long.
 */
const AWAY_FROM_PAGE_START = 48;

/** So many bytes, not zeroed, that the operating system can fill quickly. */
export function readBuffer(bytes: number): Buffer {
  return Buffer.allocUnsafeSlow(AWAY_FROM_PAGE_START + bytes).subarray(AWAY_FROM_PAGE_START);
}
