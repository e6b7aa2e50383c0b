/**
 * An append-only file behind a queue: appending is synchronous and never waits, the disk is written in vectored
 * batches, one at a time, and the first failure ends all writing and is reported by every later flush.
 */
import type { ByteSink } from '../base/byte-sink.js';
import { CoalescedRuns } from '../base/coalesced-runs.js';
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
  /** Each run writes one batch: what is queued when it begins. None rejects. */
  readonly #batches = new CoalescedRuns(() => this.#writeBatch());
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
    if (this.#pending >= this.#writeAtBytes) void this.#drain();
  }

  overwrite(position: number, bytes: Uint8Array): void {
    this.#queue.push({ position, chunks: [bytes], bytes: bytes.length });
    this.#pending += bytes.length;
  }

  /** Waits for what was queued before, not for what comes in the meantime: under a slow disk that never ends. */
  async flush(): Promise<void> {
    await this.#drain();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Resolves when no more than so many bytes wait for the disk, or none can be written any more. Never rejects. */
  async drainTo(bytes: number): Promise<void> {
    while (this.#pending > bytes) {
      void this.#drain();
      await this.#batches.running;
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
      do await this.flush();
      while (this.#queue.length > 0);
    } finally {
      await this.#file?.close();
    }
  }

  /** Resolves when all that is queued now is written, or cannot be. */
  async #drain(): Promise<void> {
    await (this.#queue.length > 0 ? this.#batches.run() : this.#batches.running);
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
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
