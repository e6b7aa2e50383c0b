/**
 * A capture that a camera begins before it is known whether its name is its own. It is begun when that is known, so that
 * a camera that came back can go on with its session instead of opening another under a numbered name.
 */

/** What the camera sends meanwhile is held as it is before every capture. */
export class HeldStart {
  #isHolding = false;
  #begin: (() => void) | undefined;
  /** Of the capture that waits. */
  #hasPackets = false;

  /** Whether a capture waits to be begun. */
  get isWaiting(): boolean {
    return this.#begin !== undefined;
  }

  /** Whether a capture waits of which nothing has come: what begins now is the same. */
  get awaitsFirstPacket(): boolean {
    return this.isWaiting && !this.#hasPackets;
  }

  /** A packet has come. */
  packet(): void {
    this.#hasPackets = this.isWaiting;
  }

  /** From now on what begins waits. */
  hold(): void {
    this.#isHolding = true;
  }

  /** Begins a capture, or lets it wait. One that waits already has come to its end with this. */
  start(begin: () => void): void {
    if (this.isWaiting) this.release();
    if (this.#isHolding) this.#begin = begin;
    else begin();
  }

  /** Begins what waits, and lets nothing wait any more. */
  release(): void {
    const begin = this.#begin;
    this.#isHolding = false;
    this.#begin = undefined;
    this.#hasPackets = false;
    begin?.();
  }
}
