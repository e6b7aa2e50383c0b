/**
 * One hybrid MP4 file: fragments while it grows (ISO/IEC 14496-12, 8.8), an ordinary movie once it is finished.
 *
 *     while recording   ftyp  free  moov+mvex  moof mdat  moof mdat …
 *     finished          ftyp  [mdat: all of the above            ]  moov
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ByteSink } from '../base/byte-sink.js';
import { SAMPLE_LENGTH_BYTES } from '../h264/avc-configuration.js';
import { slicesOf, toBytes } from './box.js';
import { freeForLargeHeader, ftyp, largeMdatHeader } from './box-file.js';
import { fragmentHeader, type SampleInfo } from './box-fragment.js';
import { completeMoov, initialMoov, type MovieHeader } from './moov.js';
import { chunksOf, InPlaceChunks, type SampleContents } from './sample-chunks.js';
import { SampleTable } from './sample-table.js';

/** One sample on its way into the file, in decoding order. `size` is what `sampleSize` says of its NAL units. */
export interface Sample extends SampleInfo, SampleContents {}

/** The bytes that NAL units take as one sample, each behind its length (ISO/IEC 14496-15, 5.3.4.2.1). */
export function sampleSize(nalUnits: readonly Uint8Array[]): number {
  let size = 0;
  for (const nalUnit of nalUnits) size += SAMPLE_LENGTH_BYTES + nalUnit.length;
  return size;
}

export class HybridMp4Writer {
  readonly #sink: ByteSink;
  readonly #header: MovieHeader;
  readonly #table = new SampleTable();
  readonly #freeAt: number;
  readonly #inPlace: InPlaceChunks | undefined;
  #fragments = 0;

  /**
   * Writes what comes before the first fragment to `sink`, which has to be empty. `spentMemory`: start codes in it are
   * needed no more when a sample comes, and may be written over.
   */
  constructor(sink: ByteSink, header: MovieHeader, spentMemory?: ArrayBufferLike) {
    this.#sink = sink;
    this.#header = header;
    this.#inPlace = spentMemory && new InPlaceChunks(spentMemory);
    const type = toBytes(ftyp());
    this.#freeAt = type.length;
    sink.append([type, toBytes(freeForLargeHeader()), toBytes(initialMoov(header))]);
  }

  /** Key samples so far. */
  get keyCount(): number {
    return this.#table.keyCount;
  }

  get sampleCount(): number {
    return this.#table.sampleCount;
  }

  /** Ticks from the first sample's decoding time to the end of the last. */
  get duration(): number {
    return this.#table.duration;
  }

  /** Queues one fragment: moof and mdat in one append. The NAL units are not copied, but for the smallest. */
  writeFragment(samples: readonly Sample[]): void {
    if (samples.length === 0) return;
    this.#fragments += 1;
    const header = fragmentHeader(this.#fragments, this.#table.duration, samples);
    const payloadAt = this.#sink.length + header.length;
    this.#sink.append(this.#inPlace?.of(header, samples) ?? chunksOf(header, samples));
    this.#table.addChunk(payloadAt, samples);
  }

  /**
   * Makes the file an ordinary one. The complete moov is with the operating system before the header is
   * rewritten, so that a process killed in between leaves a file that plays. Nothing is synced.
   * Rejects with the sink's failure.
   */
  async finish(): Promise<void> {
    const moovAt = this.#sink.length;
    let first = true;
    for (const slice of slicesOf(completeMoov(this.#header, this.#table))) {
      if (!first) await nextTurn();
      this.#sink.append([slice]);
      first = false;
    }
    await this.#sink.flush();
    this.#sink.overwrite(this.#freeAt, largeMdatHeader(moovAt - this.#freeAt));
    await this.#sink.flush();
  }
}
