/**
 * Memory that a file is read into, block by block, and that is used again: for a gigabyte, getting and giving back
 * memory costs as much as everything else together.
 */
/** Blocks that are kept. Few, so that they stay in the CPU's own memory between reading and writing. */
export const POOLED_BLOCKS = 5;

/**
 * Blocks that are remembered while something in them is needed. Where more are needed at once, as for a picture of many
 * megabytes, the oldest are left to whoever looks at them.
 */
const MAX_LENT_BLOCKS = 64;

/**
 * Resolves with an offset of the file: no view of anything before it is in use any more. It need not come as far as
 * `wanted`, where what is before that is needed for longer.
 */
export type Reclaim = (wanted: number) => Promise<number>;

interface LentBlock {
  readonly buffer: Buffer;
  /** Where its bytes end in the file. */
  readonly to: number;
}

export class BlockPool {
  readonly #make: () => Buffer;
  readonly #reclaim: Reclaim;
  readonly #free: Buffer[] = [];
  #lent: LentBlock[] = [];

  /** `make`: gives new memory, always as much. */
  constructor(make: () => Buffer, reclaim: Reclaim) {
    this.#make = make;
    this.#reclaim = reclaim;
  }

  /** A block to read into: one that has been given up, after waiting for that, else new memory. */
  async take(): Promise<Buffer> {
    if (this.#free.length === 0 && this.#lent.length >= POOLED_BLOCKS) await this.#takeBack();
    return this.#free.pop() ?? this.#make();
  }

  /** The block is done with, but for views into it of what lies before `to` in the file. Blocks come in order. */
  lend(buffer: Buffer, to: number): void {
    this.#lent.push({ buffer, to });
    if (this.#lent.length > MAX_LENT_BLOCKS) this.#lent.shift();
  }

  /** Nobody looks at the block. */
  giveBack(buffer: Buffer): void {
    if (this.#free.length < POOLED_BLOCKS) this.#free.push(buffer);
  }

  async #takeBack(): Promise<void> {
    const neededFrom = await this.#reclaim(this.#lent[0]?.to ?? 0);
    for (const { buffer, to } of this.#lent) if (to <= neededFrom) this.giveBack(buffer);
    this.#lent = this.#lent.filter(({ to }) => to > neededFrom);
  }
}
