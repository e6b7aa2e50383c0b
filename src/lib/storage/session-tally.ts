/**
 * Adds up what a session holds, packet by packet and picture by picture: while it is recorded, and again when it is
 * rebuilt from its files.
 */
import type { IndexRow } from './frame-index.js';
import { emptyCounts, type SessionCounts } from './manifest.js';

/** What became of one picture. */
export type PictureFate = 'recorded' | 'undecodable' | 'unsupported';

export class SessionTally {
  readonly counts: SessionCounts = emptyCounts();
  #firstArrivalMs: number | undefined;
  #lastArrivalMs = 0;
  #pictureRows = 0;

  /** One row of the index. */
  packet(row: Pick<IndexRow, 'kind' | 'size' | 'arrivalMs'>): void {
    this.counts.packets += 1;
    this.counts.bytes += row.size;
    if (row.kind === 'config') {
      this.counts.config += 1;
      return;
    }
    this.#pictureRows += 1;
    this.#firstArrivalMs ??= row.arrivalMs;
    this.#lastArrivalMs = row.arrivalMs;
  }

  /** One picture of the raw stream. */
  picture(fate: PictureFate, key: boolean): void {
    this.counts.frames += 1;
    if (key) this.counts.keyFrames += 1;
    if (fate !== 'recorded') this.counts[fate] += 1;
  }

  /** Milliseconds between the arrivals of the first and the last picture. */
  get arrivalSpanMs(): number {
    return this.#lastArrivalMs - (this.#firstArrivalMs ?? this.#lastArrivalMs);
  }

  /** Packets with pictures per second, by arrival. */
  get arrivalRate(): number {
    return rate(this.#pictureRows, this.arrivalSpanMs);
  }
}

/** Pictures per second, to the thousandth, of pictures whose first and last are `spanMs` apart. */
export function rate(pictures: number, spanMs: number): number {
  if (pictures < 2 || spanMs <= 0) return 0;
  return Math.round(((pictures - 1) / spanMs) * 1_000_000) / 1000;
}
