/**
 * An append-only file behind a queue: appending is synchronous and never waits, the disk is written in vectored
 * batches, one at a time, and the first failure ends all writing and is reported by every later flush.
 */
import type { ByteSink } from '../base/byte-sink.js';
import type { DiskFile } from './disk.js';

/** Queued bytes at which a batch is written without waiting for the next flush, unless the opener says otherwise. */
const WRITE_AT_BYTES = 1024 * 1024;

interface Write {
  readonly position: number;
  readonly chunks: Uint8Array[];
  bytes: number;
}

export class AppendFile implements ByteSink {
  readonly #open: () => Promise<DiskFile>;
  readonly #writeAtBytes: number;
  #file: DiskFile | undefined;
  /** Writes in order; appends that follow one another share one. */
  #queue: Write[] = [];
  #draining: Promise<void> | undefined;
  /** The batch that is being written, or the last one. Never rejects. */
  #batch: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #length = 0;
  #pending = 0;
  #written = 0;

  /** `open` is called once, at the first write. `writeAtBytes`: queued bytes that are written without a flush. */
  constructor(open: () => Promise<DiskFile>, writeAtBytes = WRITE_AT_BYTES) {
    this.#open = open;
    this.#writeAtBytes = writeAtBytes;
  }

  get length(): number {
    return this.#length;
  }

  get pending(): number {
    return this.#pending;
  }

  /** Bytes at the front of the file that are with the operating system. After a failure: all that fitted. */
  get written(): number {
    return this.#written;
  }

  /** The error that ended writing, if one did. */
  get failure(): unknown {
    return this.#failure?.error;
  }

  append(chunks: readonly Uint8Array[]): void {
    let bytes = 0;
    for (const chunk of chunks) bytes += chunk.length;
    const last = this.#queue.at(-1);
    if (last !== undefined && last.position + last.bytes === this.#length) {
      for (const chunk of chunks) last.chunks.push(chunk);
      last.bytes += bytes;
    } else {
      this.#queue.push({ position: this.#length, chunks: [...chunks], bytes });
    }
    this.#length += bytes;
    this.#pending += bytes;
    if (this.#pending >= this.#writeAtBytes) this.#drain();
  }

  overwrite(position: number, bytes: Uint8Array): void {
    this.#queue.push({ position, chunks: [bytes], bytes: bytes.length });
    this.#pending += bytes.length;
  }

  async flush(): Promise<void> {
    while (this.#queue.length > 0 || this.#draining !== undefined) await this.#drain();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Resolves when no more than so many bytes wait for the disk, or none can be written any more. Never rejects. */
  async drainTo(bytes: number): Promise<void> {
    while (this.#pending > bytes) {
      this.#drain();
      await this.#batch;
    }
  }

  async sync(): Promise<void> {
    await this.flush();
    try {
      await this.#file?.sync();
    } catch (error) {
      // After a failed fsync the contents are unknown: no later call may report success.
      this.#failure ??= { error };
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#file?.close();
    }
  }

  #drain(): Promise<void> {
    this.#draining ??= this.#writeQueue().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  async #writeQueue(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      this.#batch = this.#writeBatch(batch);
      await this.#batch;
    }
  }

  async #writeBatch(batch: readonly Write[]): Promise<void> {
    try {
      if (this.#failure === undefined) {
        this.#file ??= await this.#open();
        for (const write of batch) await this.#write(this.#file, write);
      }
    } catch (error) {
      this.#failure ??= { error };
    }
    for (const write of batch) this.#pending -= write.bytes;
  }

  /** Writes all of one batch: a nearly full disk takes fewer bytes than given and fails only at the next call. */
  async #write(file: DiskFile, write: Write): Promise<void> {
    let { chunks, position } = write;
    const end = position + write.bytes;
    while (position < end) {
      const taken = await file.writev(chunks, position);
      if (taken === 0) throw new Error('the disk took no bytes');
      position += taken;
      if (position > this.#written) this.#written = position;
      if (position < end) chunks = withoutFirst(chunks, taken);
    }
  }
}

/** What is left of the chunks after `count` bytes of them were written. */
function withoutFirst(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (count >= chunk.length) count -= chunk.length;
    else {
      rest.push(chunk.subarray(count));
      count = 0;
    }
  }
  return rest;
}
