/**
 * Frames and bits per second over the last few seconds, in one-second buckets.
 */

const BUCKETS = 4;
const BUCKET_MS = 1000;

export class RateMeter {
  readonly #frames = new Float64Array(BUCKETS + 1);
  readonly #bytes = new Float64Array(BUCKETS + 1);
  #startMs: number | undefined;
  #bucket = 0;
  /** When the present bucket ends. */
  #endMs = Number.NEGATIVE_INFINITY;

  add(frames: number, bytes: number, nowMs: number): void {
    this.#startMs ??= nowMs;
    const slot = this.#advance(nowMs);
    this.#frames[slot] = (this.#frames[slot] ?? 0) + frames;
    this.#bytes[slot] = (this.#bytes[slot] ?? 0) + bytes;
  }

  /** Rates over the whole buckets before the present one, or over what there is while there are none. */
  read(nowMs: number): { fps: number; bitsPerSecond: number } {
    if (this.#startMs === undefined) return { fps: 0, bitsPerSecond: 0 };
    const present = this.#advance(nowMs);
    const ageMs = nowMs - this.#startMs;
    const whole = Math.min(BUCKETS, Math.floor(ageMs / BUCKET_MS));
    const sum = (values: Float64Array) => {
      if (whole === 0) return values[present] ?? 0;
      return values.reduce((total, value, slot) => total + (slot === present ? 0 : value), 0);
    };
    const seconds = whole === 0 ? Math.max(ageMs, 100) / 1000 : whole;
    return { fps: sum(this.#frames) / seconds, bitsPerSecond: (sum(this.#bytes) * 8) / seconds };
  }

  /** Empties the buckets that have passed and returns the slot of the present one. */
  #advance(nowMs: number): number {
    if (nowMs >= this.#endMs) this.#passBuckets(nowMs);
    return this.#bucket % (BUCKETS + 1);
  }

  #passBuckets(nowMs: number): void {
    const startMs = this.#startMs ?? nowMs;
    const bucket = Math.max(Math.floor((nowMs - startMs) / BUCKET_MS), this.#bucket);
    const steps = Math.min(bucket - this.#bucket, BUCKETS + 1);
    for (let step = 0; step < steps; step += 1) {
      const slot = (bucket - step) % (BUCKETS + 1);
      this.#frames[slot] = 0;
      this.#bytes[slot] = 0;
    }
    this.#bucket = bucket;
    this.#endMs = startMs + (bucket + 1) * BUCKET_MS;
  }
}
