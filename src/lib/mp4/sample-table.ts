/**
 * What the final moov has to say of every sample, kept in a few bytes per sample while the recording lasts.
 */
import type { SampleInfo } from './box-fragment.js';
import { RunList } from './run-list.js';
import { SizeList } from './size-list.js';
import { VarintList } from './varint-list.js';

export class SampleTable {
  /** Size of each sample. */
  readonly sizes = new SizeList();
  /** Duration of each sample, ticks. */
  readonly durations = new RunList();
  /** Composition offset of each sample, ticks. */
  readonly compositionOffsets = new RunList();
  /** Samples from one key sample to the next; the first counts from sample number 0. */
  readonly keyGaps = new VarintList();
  /** Bytes from one chunk's beginning to the next one's; the first counts from the beginning of the file. */
  readonly chunkGaps = new VarintList();
  /** Samples of each chunk. */
  readonly chunkLengths = new RunList();

  #duration = 0;
  #lastKey = 0;
  #lastChunkOffset = 0;
  #leastCompositionOffset = 0;
  #greatestCompositionOffset = 0;

  get sampleCount(): number {
    return this.sizes.count;
  }

  get keyCount(): number {
    return this.keyGaps.count;
  }

  get chunkCount(): number {
    return this.chunkGaps.count;
  }

  /** All durations together, ticks. */
  get duration(): number {
    return this.#duration;
  }

  /** Where the last chunk begins, bytes from the beginning of the file. */
  get lastChunkOffset(): number {
    return this.#lastChunkOffset;
  }

  /** Ticks; 0 or below. */
  get leastCompositionOffset(): number {
    return this.#leastCompositionOffset;
  }

  /** Ticks; 0 or above. */
  get greatestCompositionOffset(): number {
    return this.#greatestCompositionOffset;
  }

  /** Memory in use. */
  get byteLength(): number {
    return (
      this.sizes.byteLength +
      this.durations.byteLength +
      this.compositionOffsets.byteLength +
      this.keyGaps.byteLength +
      this.chunkGaps.byteLength +
      this.chunkLengths.byteLength
    );
  }

  /** Adds samples that lie one after the other from `offset` on. At least one; chunks in the file's order. */
  addChunk(offset: number, samples: readonly SampleInfo[]): void {
    this.chunkGaps.push(offset - this.#lastChunkOffset);
    this.chunkLengths.push(samples.length);
    this.#lastChunkOffset = offset;
    for (const sample of samples) this.#addSample(sample);
  }

  #addSample({ size, duration, compositionOffset, key }: SampleInfo): void {
    this.sizes.push(size);
    this.durations.push(duration);
    this.compositionOffsets.push(compositionOffset);
    this.#duration += duration;
    if (compositionOffset < this.#leastCompositionOffset) {
      this.#leastCompositionOffset = compositionOffset;
    }
    if (compositionOffset > this.#greatestCompositionOffset) {
      this.#greatestCompositionOffset = compositionOffset;
    }
    if (!key) return;
    const sampleNumber = this.sampleCount; // stss counts from 1
    this.keyGaps.push(sampleNumber - this.#lastKey);
    this.#lastKey = sampleNumber;
  }
}
