/**
 * An append-only file behind a queue: appending is synchronous and never waits, the disk is written in vectored
 * batches, and the first failure ends all writing and is reported by every later flush.
 */
import type { ByteSink } from '../base/byte-sink.js';
import type { DiskFile } from './disk.js';

/** Queued bytes at which a batch is written without waiting for the next flush. */
const WRITE_AT_BYTES = 1024 * 1024;

interface Write {
  /** Where what is left of it goes. */
  position: number;
  chunks: Uint8Array[];
  bytes: number;
}

export class AppendFile implements ByteSink {
  readonly #open: () => Promise<DiskFile>;
  readonly #batchesAtOnce: number;
  #opening: Promise<DiskFile> | undefined;
  #file: DiskFile | undefined;
  /** Writes in order; appends that follow one another share one. */
  #queue: Write[] = [];
  #queuedBytes = 0;
  #rewriteIsQueued = false;
  /** On their way to the disk. None rejects. */
  readonly #batches = new Set<Promise<void>>();
  /** The one that begins when there is room for it: with what is queued by then. */
  #nextBatch: Promise<void> | undefined;
  /** What was appended, up to the last batch that has begun, … */
  #begun = 0;
  /** … and what of that is not written yet, or never will be, in the order of the file. */
  readonly #unwritten = new Set<Write>();
  #closing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #length = 0;
  #pending = 0;

  /**
   * `open` is called once, at the first write. With more than one of `batchesAtOnce`, the disk need not wait for the
   * event loop when it is through with a batch.
   */
  constructor(open: () => Promise<DiskFile>, batchesAtOnce = 1) {
    this.#open = open;
    this.#batchesAtOnce = batchesAtOnce;
  }

  get length(): number {
    return this.#length;
  }

  get pending(): number {
    return this.#pending;
  }

  /** Bytes at the front of the file that are with the operating system. After a failure: all that fitted. */
  get written(): number {
    const [first] = this.#unwritten;
    return first?.position ?? this.#begun;
  }

  /** Bytes at the end of the file whose memory may still be looked at: from the first that waits for the disk on. */
  get inUse(): number {
    return this.#pending === 0 ? 0 : this.#length - this.written;
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
    this.#queuedBytes += bytes;
    if (this.#queuedBytes >= WRITE_AT_BYTES) void this.#requestBatch();
  }

  overwrite(position: number, bytes: Uint8Array): void {
    this.#queue.push({ position, chunks: [bytes], bytes: bytes.length });
    this.#pending += bytes.length;
    this.#rewriteIsQueued = true;
  }

  /** Waits for what was queued before, not for what comes in the meantime: under a slow disk that never ends. */
  async flush(): Promise<void> {
    await Promise.all(this.#underway());
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Resolves when no more than so many bytes wait for the disk, or none can be written any more. Never rejects. */
  async drainTo(bytes: number): Promise<void> {
    while (this.#pending > bytes) await Promise.race(this.#underway());
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

  /** The batches that have all that is queued now. */
  #underway(): Promise<void>[] {
    const batches = [...this.#batches];
    const last = this.#requestBatch();
    return last === undefined ? batches : [...batches, last];
  }

  /** The batch that has what is queued, if anything is: at once, or when there is room for it. */
  #requestBatch(): Promise<void> | undefined {
    if (this.#nextBatch !== undefined || this.#queue.length === 0) return this.#nextBatch;
    if (this.#hasRoom) return this.#beginBatch();
    this.#nextBatch = this.#waitForRoom().then(() => this.#beginBatch());
    return this.#nextBatch;
  }

  /** What is to be written over has to be written first. */
  get #hasRoom(): boolean {
    return this.#batches.size < (this.#rewriteIsQueued ? 1 : this.#batchesAtOnce);
  }

  async #waitForRoom(): Promise<void> {
    while (!this.#hasRoom) await Promise.race(this.#batches);
  }

  #beginBatch(): Promise<void> {
    const writes = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#rewriteIsQueued = false;
    this.#nextBatch = undefined;
    const batch = this.#writeBatch(writes).finally(() => this.#batches.delete(batch));
    this.#batches.add(batch);
    return batch;
  }

  async #writeBatch(writes: readonly Write[]): Promise<void> {
    try {
      if (this.#failure === undefined) {
        for (const write of writes) this.#expectWritten(write);
        this.#opening ??= this.#openFile();
        const file = await this.#opening;
        for (const write of writes) await this.#write(file, write);
      }
    } catch (error) {
      this.#failure ??= { error };
    }
    for (const write of writes) {
      this.#pending -= write.bytes;
      write.chunks = [];
    }
  }

  async #openFile(): Promise<DiskFile> {
    this.#file = await this.#open();
    return this.#file;
  }

  /** What is written over counts no more. */
  #expectWritten(write: Write): void {
    if (write.position !== this.#begun) return;
    this.#begun += write.bytes;
    this.#unwritten.add(write);
  }

  /** Writes all of one: a nearly full disk takes fewer bytes than given and fails only at the next call. */
  async #write(file: DiskFile, write: Write): Promise<void> {
    const end = write.position + write.bytes;
    while (write.position < end) {
      const taken = await file.writev(write.chunks, write.position);
      if (taken === 0) throw new Error('the disk took no bytes');
      write.position += taken;
      if (write.position < end) write.chunks = withoutFirst(write.chunks, taken);
    }
    this.#unwritten.delete(write);
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
