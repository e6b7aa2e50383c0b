/**
 * Which pictures are encoded: as many as were asked for, and fewer while the network or the encoder is behind.
 * A picture that is left out here is never missed: it has no number yet.
 */

/** Data that waits for the network, in milliseconds of video, at which the frame rate is halved, and doubled again. */
const BEHIND_MS = 400;
const CAUGHT_UP_MS = 100;

/** So much waits that nothing more is encoded for the moment. */
const HOPELESS_MS = 3_000;

/** Pictures in the encoder at which one is left out. */
const MAX_IN_ENCODER = 3;

const ADJUST_EVERY_MS = 500;
const MAX_SLOWDOWN = 16;

/** What "as many as you can" counts as while it is slowed down. */
const FULL_FPS = 30;

/** A picture this much early is on time: cameras are not exact. Part of the interval. */
const TOLERANCE = 0.25;

export interface Load {
  /** Bytes that wait for the network. */
  readonly unsentBytes: number;
  /** Pictures in the encoder. */
  readonly inEncoder: number;
}

export class Pace {
  readonly #fps: number;
  readonly #bitsPerSecond: number;
  #slowdown = 1;
  #adjustedAtMs = Number.NEGATIVE_INFINITY;
  #nextMs: number | undefined;

  /** `fps` 0: as many as come. */
  constructor(fps: number, bitsPerSecond: number) {
    this.#fps = fps;
    this.#bitsPerSecond = bitsPerSecond;
  }

  /** By how much the frame rate is lowered at the moment; 1: not at all. */
  get slowdown(): number {
    return this.#slowdown;
  }

  /** Whether the picture captured at `timeMs` is to be encoded. */
  takes(timeMs: number, load: Load): boolean {
    const behindMs = (load.unsentBytes * 8 * 1000) / this.#bitsPerSecond;
    this.#adjust(timeMs, behindMs);
    if (behindMs > HOPELESS_MS || load.inEncoder >= MAX_IN_ENCODER) return false;
    const intervalMs = this.#intervalMs;
    if (this.#nextMs !== undefined && timeMs < this.#nextMs - intervalMs * TOLERANCE) return false;
    // The rhythm is kept, so that the rate comes out right; after a break it begins anew.
    const isLate = this.#nextMs === undefined || timeMs > this.#nextMs + intervalMs;
    this.#nextMs = (isLate ? timeMs : (this.#nextMs ?? timeMs)) + intervalMs;
    return true;
  }

  get #intervalMs(): number {
    if (this.#fps === 0 && this.#slowdown === 1) return 0;
    return (1000 / (this.#fps || FULL_FPS)) * this.#slowdown;
  }

  #adjust(timeMs: number, behindMs: number): void {
    if (timeMs - this.#adjustedAtMs < ADJUST_EVERY_MS) return;
    this.#adjustedAtMs = timeMs;
    if (behindMs > BEHIND_MS) this.#slowdown = Math.min(MAX_SLOWDOWN, 2 * this.#slowdown);
    else if (behindMs < CAUGHT_UP_MS) this.#slowdown = Math.max(1, this.#slowdown / 2);
    // A lower rate holds at once; a higher one as well.
    if (this.#slowdown === 1 && this.#fps === 0) this.#nextMs = undefined;
  }
}
