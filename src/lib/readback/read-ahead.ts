/** Reads a raw stream from its beginning to its end, two blocks ahead, into a few blocks that are used again and again. */
import type { Disk, DiskFile } from '../storage/disk.js';
import { readBuffer } from '../storage/read-buffer.js';
import { makeBlocks } from './block-maker.js';
import { BlockPool, type Reclaim } from './block-pool.js';
import { openWithSize, type PacketBytes, readFully, shorter } from './raw-reader.js';

/** Bytes of one read. */
const BLOCK_BYTES = 1024 * 1024;

/** Blocks on their way: while the thread that reads takes its turn, another one is there to go on with. */
const BLOCKS_AHEAD = 2;

/** Room in front of each block for the packet that began in the one before. */
const CARRY_BYTES = 512 * 1024;

interface Block {
  readonly buffer: Buffer;
  /** Of the pool; else memory of its own. */
  readonly isPooled: boolean;
  /** Where its bytes begin and end in the file, … */
  from: number;
  readonly to: number;
  /** … and where `from` stands in the buffer. */
  at: number;
}

export class ReadAhead implements PacketBytes {
  readonly size: number;
  /** What views normally lie in. It is read once, from front to back: what stands before a view is spent. */
  readonly memory: ArrayBuffer | undefined;
  readonly #file: DiskFile;
  readonly #pool: BlockPool;
  #current: Block | undefined;
  /** The blocks behind the current one, on their way, in order. */
  #ahead: Promise<Block>[] = [];

  private constructor(file: DiskFile, size: number, reclaim: Reclaim) {
    this.#file = file;
    this.size = size;
    const blocks = Math.ceil(size / BLOCK_BYTES);
    const blockMaker = makeBlocks(CARRY_BYTES + BLOCK_BYTES, blocks);
    this.memory = blockMaker.memory;
    this.#pool = new BlockPool(() => blockMaker.make(), reclaim);
  }

  static async open(disk: Disk, path: string, reclaim: Reclaim): Promise<ReadAhead> {
    const { file, size } = await openWithSize(disk, path);
    return new ReadAhead(file, size, reclaim);
  }

  view(offset: number, size: number): Buffer | undefined {
    const block = this.#current;
    if (block === undefined || offset < block.from || offset + size > block.to) return undefined;
    const at = block.at + offset - block.from;
    return block.buffer.subarray(at, at + size);
  }

  /** Has to be called for what follows the bytes that were asked for last. */
  async read(offset: number, size: number): Promise<Buffer> {
    const block = await this.#advance(offset);
    this.#goOnIn(block);
    const view = this.view(offset, size);
    if (view !== undefined) {
      this.#prefetch(block.to);
      return view;
    }
    // Larger than a block: it gets memory of its own, and reading goes on behind it.
    const whole = readBuffer(size);
    const count = await readFully(this.#file, whole, offset);
    if (count < size) throw shorter(offset + size);
    this.#goOnIn({ buffer: whole, isPooled: false, from: offset, to: offset + size, at: 0 });
    await this.#forgetAhead();
    this.#prefetch(offset + size);
    return whole;
  }

  /** The whole file, block by block. */
  async *blocks(): AsyncGenerator<Buffer> {
    for (let offset = 0; offset < this.size; offset += BLOCK_BYTES) {
      yield await this.read(offset, Math.min(BLOCK_BYTES, this.size - offset));
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#ahead);
    await this.#file.close();
  }

  /** Reading goes on in this block; views into the one before may still be in use. */
  #goOnIn(block: Block): void {
    const before = this.#current;
    if (before?.isPooled) this.#pool.lend(before.buffer, before.to);
    this.#current = block;
  }

  /** The next block, with what the current one holds from `offset` on in front of it. */
  async #advance(offset: number): Promise<Block> {
    const current = this.#current;
    const carried = current === undefined ? 0 : current.to - offset;
    const next = await this.#ahead.shift();
    const follows = next !== undefined && current !== undefined && next.from === current.to;
    if (!follows || carried < 0 || carried > CARRY_BYTES) {
      if (next !== undefined) this.#pool.giveBack(next.buffer);
      await this.#forgetAhead();
      return this.#fetch(offset);
    }
    const end = current.at + current.to - current.from;
    current.buffer.copy(next.buffer, next.at - carried, end - carried, end);
    next.from -= carried;
    next.at -= carried;
    return next;
  }

  /** Behind the current block, which ends at `end`. */
  #prefetch(end: number): void {
    while (this.#ahead.length < BLOCKS_AHEAD) {
      const offset = end + this.#ahead.length * BLOCK_BYTES;
      if (offset >= this.size) return;
      const block = this.#fetch(offset);
      // Told to whoever asks for it.
      block.catch(() => {});
      this.#ahead.push(block);
    }
  }

  /** Gives up what is on its way: reading goes on elsewhere. */
  async #forgetAhead(): Promise<void> {
    for (const coming of this.#ahead.splice(0)) {
      const block = await coming.catch(() => undefined);
      if (block !== undefined) this.#pool.giveBack(block.buffer);
    }
  }

  async #fetch(offset: number): Promise<Block> {
    const buffer = await this.#pool.take();
    const bytes = Math.min(BLOCK_BYTES, this.size - offset);
    const target = buffer.subarray(CARRY_BYTES, CARRY_BYTES + bytes);
    const count = await readFully(this.#file, target, offset);
    return { buffer, isPooled: true, from: offset, to: offset + count, at: CARRY_BYTES };
  }
}
