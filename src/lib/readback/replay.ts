/**
 * Pushes the packets of a session on disk through the pipeline of live recording: the same packets with the same
 * times, so that what comes out is what live recording wrote, byte for byte.
 */
import { join } from 'node:path';
import { crc32 } from '../base/crc32.js';
import { systemErrorCode } from '../base/errors.js';
import { packetKind } from '../h264/classify.js';
import { type Framing, splitNalUnits } from '../h264/nal-units.js';
import type { MovieSummary } from '../mp4/movie-writer.js';
import type { PacketPipeline } from '../recording/packet-pipeline.js';
import type { Disk } from '../storage/disk.js';
import type { IndexRow } from '../storage/frame-index.js';
import { readFrameIndex } from '../storage/frame-index-reader.js';
import { INDEX_FILE } from '../storage/session-files.js';
import { Breather } from './breather.js';
import type { PacketBytes } from './raw-reader.js';
import { RowLedger } from './row-ledger.js';

export interface ReplayOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly raw: PacketBytes;
  readonly pipeline: PacketPipeline;
  /** Adds up the checksum of the raw stream; else it stays 0. */
  readonly checksum: boolean;
  /** Told where each packet begins, before it goes into the pipeline. */
  readonly onPacket?: ((offset: number) => void) | undefined;
  /** Waits while more is on its way to the disk than is good. Called after every packet; undefined: go on. */
  readonly backpressure: () => Promise<void> | undefined;
  /** Bytes of the raw stream that are done. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Replayed {
  readonly movie: MovieSummary;
  readonly ledger: RowLedger;
  /** CRC-32 of the bytes that the trusted rows cover. */
  readonly rawCrc: number;
}

/**
 * Replays all rows that can be trusted and finishes the movie. Rejects with what the disk throws, with the first
 * failure of a part's file, and with the signal's reason.
 */
export async function replay(options: ReplayOptions): Promise<Replayed> {
  const replayer = new Replayer(options);
  for await (const rows of readRows(options.disk, options.directory, replayer.ledger)) {
    await replayer.push(rows);
  }
  options.signal?.throwIfAborted();
  const movie = await options.pipeline.finish();
  return { movie, ledger: replayer.ledger, rawCrc: replayer.rawCrc };
}

/** The rows of a session's index in batches; none where there is no index. What is wrong with it goes to the ledger. */
async function* readRows(
  disk: Disk,
  directory: string,
  ledger: RowLedger,
): AsyncGenerator<IndexRow[]> {
  try {
    for await (const item of readFrameIndex(disk, join(directory, INDEX_FILE))) {
      if (item.kind === 'rows') yield item.rows;
      else {
        const { line, reason, torn } = item.damage;
        ledger.indexDamaged(`line ${line} of frames.csv: ${reason}`, torn);
      }
    }
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    ledger.indexDamaged('frames.csv is missing', true);
  }
}

class Replayer {
  readonly ledger: RowLedger;
  rawCrc = 0;
  readonly #options: ReplayOptions;
  readonly #breather = new Breather();
  #framing: Framing = 'annex-b';

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.ledger = new RowLedger(options.raw.size);
  }

  async push(rows: readonly IndexRow[]): Promise<void> {
    const { raw, backpressure, onProgress, signal } = this.#options;
    for (const row of rows) {
      if (!this.ledger.admits(row)) continue;
      const { offset, size } = row;
      this.#pushPacket(row, raw.view(offset, size) ?? (await raw.read(offset, size)));
      const writing = backpressure();
      if (writing !== undefined) await writing;
      if (this.#breather.isDue) {
        onProgress?.(this.ledger.end);
        await this.#breather.pause(signal);
      }
    }
    onProgress?.(this.ledger.end);
  }

  #pushPacket(row: IndexRow, payload: Buffer): void {
    const split = splitNalUnits(payload, this.#framing);
    const { framing, nalUnits } = split;
    if (framing !== 'none') this.#framing = framing;
    // A power cut can leave zeros where a packet should be.
    if (packetKind(nalUnits) !== row.kind) {
      this.ledger.distrust(row);
      return;
    }
    this.ledger.trust(row);
    if (this.#options.checksum) this.rawCrc = crc32(payload, this.rawCrc);
    this.#options.onPacket?.(row.offset);
    this.#options.pipeline.push(row, split);
  }
}
