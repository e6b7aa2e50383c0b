/** The memory that blocks of a stream are read into. */
import { searchableMemory } from '../h264/start-code-search.js';
import { bytesForReadBuffers, readBuffer, readBuffersIn } from '../storage/read-buffer.js';
import { POOLED_BLOCKS } from './block-pool.js';

/** Those that are kept, the one that is looked at, and the two that are read ahead. */
const USUAL_BLOCKS = POOLED_BLOCKS + 3;

export interface BlockMaker {
  /** What most blocks lie in; nothing where each has memory of its own. */
  readonly memory: ArrayBuffer | undefined;
  make(): Buffer;
}

/**
 * Gives a new block of `bytes` at each call. As many as are usually needed, of the `most` that can be, stand in memory
 * where start codes are found quickly.
 */
export function makeBlocks(bytes: number, most: number): BlockMaker {
  const count = Math.min(most, USUAL_BLOCKS);
  const memory = searchableMemory(bytesForReadBuffers(count, bytes));
  const blocks = memory === undefined ? [] : readBuffersIn(memory.bytes, bytes, count);
  return { memory: memory?.bytes, make: () => blocks.pop() ?? readBuffer(bytes) };
}
