/**
 * Memory to read files into.
 */

/**
 * Large blocks come from the system's allocator 16 bytes behind the beginning of a page. A copy from the page cache to
 * there writes just ahead of where it reads, by the lower twelve bits of the addresses, which is all that a CPU compares
 * at first: each load waits for a store that has nothing to do with it. That takes five times as long.
 */
const AWAY_FROM_PAGE_START = 48;

const PAGE_BYTES = 4096;

/** So many bytes, not zeroed, that the operating system can fill quickly. */
export function readBuffer(bytes: number): Buffer {
  return Buffer.allocUnsafeSlow(AWAY_FROM_PAGE_START + bytes).subarray(AWAY_FROM_PAGE_START);
}

/** Bytes of memory in which `readBuffersIn` finds room. */
export function bytesForReadBuffers(count: number, bytes: number): number {
  return count * stride(bytes);
}

/** So many of them, of `bytes` each, in memory that begins with a page. */
export function readBuffersIn(memory: ArrayBuffer, bytes: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(memory, i * stride(bytes) + AWAY_FROM_PAGE_START, bytes),
  );
}

/** From one to the next of them: whole pages. */
function stride(bytes: number): number {
  return Math.ceil((AWAY_FROM_PAGE_START + bytes) / PAGE_BYTES) * PAGE_BYTES;
}
