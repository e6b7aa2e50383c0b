/**
 * Reads the raw stream of a session packet by packet, in large reads one after the other. Payloads are views of them.
 */
import { crc32 } from '../base/crc32.js';
import { systemErrorCode } from '../base/errors.js';
import type { Disk, DiskFile } from '../storage/disk.js';
import { readBuffer } from '../storage/read-buffer.js';

/** Bytes of one read: large enough that reading costs little, small enough that a few of them are nothing. */
const BLOCK_BYTES = 2 * 1024 * 1024;

/** Bytes of a file, packet by packet. */
export interface PacketBytes {
  /** Bytes of the file when it was opened. */
  readonly size: number;
  /** The bytes, if they have been read already. */
  view(offset: number, size: number): Buffer | undefined;
  /** Reads on, so that these bytes can be viewed. They have to lie within the file. */
  read(offset: number, size: number): Promise<Buffer>;
}

/** What stands for a file that is not there. */
const NO_FILE: Pick<DiskFile, 'read' | 'sync' | 'close'> = {
  read: async () => 0,
  sync: async () => {},
  close: async () => {},
};

export class RawReader implements PacketBytes {
  readonly #file: typeof NO_FILE;
  readonly size: number;
  #block: Buffer = Buffer.alloc(0);
  /** Where the block begins in the file. */
  #blockAt = 0;

  private constructor(file: typeof NO_FILE, size: number) {
    this.#file = file;
    this.size = size;
  }

  /** Opens a file for reading. Rejects with what the disk throws. */
  static async open(disk: Disk, path: string): Promise<RawReader> {
    const { file, size } = await openWithSize(disk, path);
    return new RawReader(file, size);
  }

  /** As `open`, but of no bytes where there is no file: recording makes it with the first of them. */
  static async openIfThere(disk: Disk, path: string): Promise<RawReader> {
    try {
      return await RawReader.open(disk, path);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
      return new RawReader(NO_FILE, 0);
    }
  }

  /** As the interface says; the view stays as it is. */
  view(offset: number, size: number): Buffer | undefined {
    const from = offset - this.#blockAt;
    if (from < 0 || from + size > this.#block.length) return undefined;
    return this.#block.subarray(from, from + size);
  }

  async read(offset: number, size: number): Promise<Buffer> {
    const wanted = Math.min(Math.max(size, BLOCK_BYTES), this.size - offset);
    // A new block each time: views of the last one are still on their way to the disk.
    const block = readBuffer(wanted);
    this.#block = block.subarray(0, await readFully(this.#file, block, offset));
    this.#blockAt = offset;
    const view = this.view(offset, size);
    if (view === undefined) throw shorter(offset + size);
    return view;
  }

  /** The rest of the file from `offset`, in blocks. */
  async *blocks(offset = 0): AsyncGenerator<Buffer> {
    while (offset < this.size) {
      const size = Math.min(BLOCK_BYTES, this.size - offset);
      const block = this.view(offset, size) ?? (await this.read(offset, size));
      yield block;
      offset += block.length;
    }
  }

  /** The CRC-32 of the rest of the file from `offset`, continuing `crc`. */
  async checksum(offset = 0, crc = 0): Promise<number> {
    const block = readBuffer(Math.max(0, Math.min(BLOCK_BYTES, this.size - offset)));
    while (offset < this.size) {
      const wanted = block.subarray(0, this.size - offset);
      const count = await readFully(this.#file, wanted, offset);
      if (count < wanted.length) throw shorter(offset + wanted.length);
      crc = crc32(wanted, crc);
      offset += count;
    }
    return crc;
  }

  /** Makes durable what other processes have written. */
  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** What is thrown where a file ends before its size. */
export function shorter(bytes: number): Error {
  return new Error(`the file has become shorter than ${bytes} bytes`);
}

/** Opens a file for reading and asks for its size. Rejects with what the disk throws; nothing stays open then. */
export async function openWithSize(
  disk: Disk,
  path: string,
): Promise<{ file: DiskFile; size: number }> {
  const file = await disk.open(path, 'read');
  try {
    return { file, size: await file.size() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Fills `target`, unless the file ends before. Resolves with the number of bytes. */
export async function readFully(
  file: Pick<DiskFile, 'read'>,
  target: Uint8Array,
  position: number,
): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const count = await file.read(target.subarray(filled), position + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
