/**
 * The raw stream and its index, written together: a row follows its bytes, never the other way round.
 */
import { join } from 'node:path';
import { CoalescedRuns } from '../base/coalesced-runs.js';
import { crc32 } from '../base/crc32.js';
import { AppendFile } from './append-file.js';
import type { Disk } from './disk.js';
import { formatIndexRow, INDEX_HEADER, type IndexRow, type PacketKind } from './frame-index.js';
import { hexCrc, type Manifest } from './manifest.js';
import { INDEX_FILE, RAW_FILE } from './session-files.js';

/** Rows of the index that are with the operating system, by kind. */
export interface WrittenRows {
  readonly packets: number;
  readonly config: number;
  readonly key: number;
}

interface PendingRow {
  readonly text: string;
  readonly kind: PacketKind;
  /** End of the row's bytes in the raw stream. */
  readonly end: number;
}

export class SessionWriter {
  readonly #raw: AppendFile;
  readonly #index: AppendFile;
  #rows: PendingRow[] = [];
  // Signed: V8 keeps signed 32-bit numbers in the object itself, and compiles anew when one turns out to be greater.
  #rawCrc = 0;
  #indexCrc = 0;
  #written = { packets: 0, config: 0, key: 0 };
  readonly #flushes = new CoalescedRuns(() => this.#flush());

  /** `directory` resolves when the session's directory is there; what is appended before that is queued. */
  constructor(disk: Disk, directory: Promise<string>) {
    const create = (name: string) => async () => disk.open(join(await directory, name), 'create');
    this.#raw = new AppendFile(create(RAW_FILE));
    this.#index = new AppendFile(create(INDEX_FILE));
    this.#appendIndex(INDEX_HEADER);
  }

  /** Bytes of the raw stream, queued ones included: the offset of the next packet. */
  get rawLength(): number {
    return this.#raw.length;
  }

  /** Bytes that wait for the disk. */
  get pending(): number {
    return this.#raw.pending + this.#index.pending;
  }

  /** Bytes of the raw stream that are with the operating system. */
  get rawWritten(): number {
    return this.#raw.written;
  }

  /** Rows that are with the operating system, their bytes before them: after a failure, all that fitted. */
  get written(): WrittenRows {
    return this.#written;
  }

  /** The error that ended writing, if one did. */
  get failure(): unknown {
    return this.#raw.failure ?? this.#index.failure;
  }

  /** Queues one packet. */
  append(payload: Uint8Array, row: Omit<IndexRow, 'offset' | 'size'>): void {
    const offset = this.#raw.length;
    const { sequence, timestampMs, arrivalMs, kind } = row;
    const size = payload.length;
    const text = formatIndexRow({ sequence, timestampMs, arrivalMs, offset, size, kind });
    this.#rows.push({ text, kind, end: offset + size });
    this.#rawCrc = crc32(payload, this.#rawCrc >>> 0) | 0;
    this.#raw.append([payload]);
  }

  /**
   * Hands what was queued before to the operating system. Rejects with the first failure, after writing the rows whose
   * bytes fitted.
   */
  flush(): Promise<void> {
    return this.#flushes.run();
  }

  /** Flushes and makes everything durable, bytes before rows. */
  async sync(): Promise<void> {
    await this.flush();
    await this.#raw.sync();
    await this.#index.sync();
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await Promise.allSettled([this.#raw.close(), this.#index.close()]);
    }
  }

  /** Sums over both whole files. Meaningful once everything is flushed without failure. */
  checksums(): NonNullable<Manifest['checksums']> {
    return {
      raw: { bytes: this.#raw.length, crc32: hexCrc(this.#rawCrc) },
      index: { bytes: this.#index.length, crc32: hexCrc(this.#indexCrc) },
    };
  }

  async #flush(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    try {
      await this.#raw.flush();
    } finally {
      const { written } = this.#raw;
      const fitted = rows.filter((row) => row.end <= written);
      let indexEnd = this.#index.length;
      let text = '';
      for (const row of fitted) text += row.text;
      if (text !== '') this.#appendIndex(text);
      try {
        await this.#index.flush();
      } finally {
        const { written } = this.#index;
        for (const { text, kind } of fitted) {
          indexEnd += text.length;
          if (indexEnd <= written) this.#count(kind);
        }
      }
    }
  }

  #count(kind: PacketKind): void {
    this.#written.packets += 1;
    if (kind !== 'delta') this.#written[kind] += 1;
  }

  #appendIndex(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    this.#indexCrc = crc32(bytes, this.#indexCrc >>> 0) | 0;
    this.#index.append([bytes]);
  }
}
