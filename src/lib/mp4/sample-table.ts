/**
 * What the final moov has to say of every sample, kept in a few bytes per sample while the recording lasts.
 */
import type { SampleInfo } from './box-fragment.js';
import { ChunkRows } from './chunk-rows.js';
import { RowList } from './row-list.js';
import { RunRows } from './run-rows.js';

export class SampleTable {
  /** Size of each sample. Sizes have little in common: packing them would gain nothing. */
  readonly sizes = new RowList({ fields: 1, packed: false });
  /** Duration of each sample, ticks. */
  readonly durations = new RunRows();
  /** Composition offset of each sample, ticks. */
  readonly compositionOffsets = new RunRows();
  /** Numbers of the key samples, from 1. */
  readonly keys = new RowList({ fields: 1, packed: true });
  readonly chunks = new ChunkRows();

  #duration = 0;
  #leastCompositionOffset = 0;
  #greatestCompositionOffset = 0;

  get sampleCount(): number {
    return this.sizes.count;
  }

  get keyCount(): number {
    return this.keys.count;
  }

  /** All durations together, ticks. */
  get duration(): number {
    return this.#duration;
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
      this.keys.byteLength +
      this.chunks.byteLength
    );
  }

  /** Adds samples that lie one after the other from `offset` on. At least one; chunks in the file's order. */
  addChunk(offset: number, samples: readonly SampleInfo[]): void {
    this.chunks.push(offset, samples.length);
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
    if (key) this.keys.push(this.sampleCount);
  }
}
