/** The pictures of a raw stream without an index, read into memory that is used again once they are written. */
import type { AssemblerOutput } from '../h264/picture-assembler.js';
import { scanPictures } from '../h264/picture-scanner.js';
import { sampleSize } from '../mp4/hybrid-writer.js';
import type { Disk } from '../storage/disk.js';
import { BytesInUse, type PictureHolders } from './bytes-in-use.js';
import { ReadAhead } from './read-ahead.js';

/** For those who are done with a picture when they ask for the next one. */
const NOT_KEPT: PictureHolders = {
  writer: { pendingBytes: 0 },
  files: { bytesInUse: 0, drainHalf: async () => {} },
};

export class RawPictures {
  readonly #raw: ReadAhead;
  readonly #inUse: BytesInUse;

  private constructor(raw: ReadAhead, inUse: BytesInUse) {
    this.#raw = raw;
    this.#inUse = inUse;
  }

  /** `holders`: asked for once there are pictures. Rejects with what the disk throws. */
  static async open(
    disk: Disk,
    path: string,
    holders: () => PictureHolders = () => NOT_KEPT,
  ): Promise<RawPictures> {
    const inUse = new BytesInUse();
    const raw = await ReadAhead.open(disk, path, (wanted) => inUse.reclaim(wanted, holders()));
    return new RawPictures(raw, inUse);
  }

  /** Bytes of the stream when it was opened. */
  get size(): number {
    return this.#raw.size;
  }

  /** What pictures normally lie in; what stands in front of one that has come out is spent. */
  get memory(): ArrayBuffer | undefined {
    return this.#raw.memory;
  }

  /** As `scanPictures` says. Pictures are views that stay as they are while the holders have them. */
  async *outputs(): AsyncGenerator<AssemblerOutput<number>> {
    for await (const output of scanPictures(this.#blocks())) {
      yield output;
      // Now the holders have it.
      if (output.type === 'picture') this.#inUse.picture(sampleSize(output.picture.nalUnits));
      else this.#inUse.leftOut();
    }
  }

  close(): Promise<void> {
    return this.#raw.close();
  }

  async *#blocks(): AsyncGenerator<Buffer> {
    let offset = 0;
    let before = 0;
    for await (const block of this.#raw.blocks()) {
      // A NAL unit comes out when the next one begins, which may be in the block behind it.
      this.#inUse.packet(before);
      before = offset;
      offset += block.length;
      yield block;
    }
  }
}
