/**
 * Where bytes go: an append-only file that may be patched, seen from the writer's side.
 * Appending never waits and never throws, so that the thread of a camera's data is never held up by the disk;
 * the first failure is kept and every later flush reports it.
 */

export interface ByteSink {
  /** Bytes appended so far, including those that are still queued. */
  readonly length: number;
  /** Bytes that are queued and not yet handed to the operating system. */
  readonly pending: number;
  /** Queues chunks for the end of the file. The caller must not change them afterwards. */
  append(chunks: readonly Uint8Array[]): void;
  /** Queues a rewrite of bytes at `position`, ordered after everything appended before it. */
  overwrite(position: number, bytes: Uint8Array): void;
  /** Resolves when everything queued before the call is with the operating system (it survives `kill -9`). Rejects with the first failure. */
  flush(): Promise<void>;
  /** As `flush`, and the bytes are on the disk (they survive a power cut). */
  sync(): Promise<void>;
  /** Flushes and closes. Idempotent. */
  close(): Promise<void>;
}
