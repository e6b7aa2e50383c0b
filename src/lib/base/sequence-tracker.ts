/**
 * Keeps account of one capture's sequence numbers, modulo 2^32: what is lost, what came twice, what came late.
 */

/** A capture counts from 0. A first number up to this says how many packets were lost before it; a larger one says nothing. */
export const MAX_LEADING_GAP = 1_000;

/** A larger step forward is a sender that counts otherwise, not a million lost frames. */
export const MAX_GAP = 1_000_000;

/** A number this far behind is a sender that began anew, not a late packet. */
export const MAX_BEHIND = 1_000;

/** A number 0 after at least so many packets begins anew; sooner it is the first packet once more. */
const MIN_BEFORE_RESTART = 3;

const MODULUS = 0x1_0000_0000;

export type SequenceVerdict = 'next' | 'gap' | 'late' | 'duplicate' | 'restart';

export interface SequenceCounts {
  readonly lost: number;
  readonly duplicates: number;
  readonly late: number;
  readonly restarts: number;
}

export class SequenceTracker {
  /** The number after the highest one so far; nothing before the first packet. */
  #expected: number | undefined;
  /** Lost numbers that may still come late, the oldest first: none is further behind than `MAX_BEHIND`. */
  #missing = new Set<number>();
  #counts = { lost: 0, duplicates: 0, late: 0, restarts: 0 };

  get counts(): SequenceCounts {
    return this.#counts;
  }

  /** Lost numbers that are remembered, in case they come late. */
  get remembered(): number {
    return this.#missing.size;
  }

  /**
   * Whether a packet is the first of another capture: number 0 again, in a packet with which decoding can begin.
   * `opensStream`: it holds parameter sets or a key picture.
   */
  beginsAnew(sequence: number, opensStream: boolean): boolean {
    if (sequence !== 0 || !opensStream || this.#missing.has(0)) return false;
    if (this.#expected === undefined || this.#expected < MIN_BEFORE_RESTART) return false;
    // At the end of all numbers 0 is among the next ones: those between are lost.
    return MODULUS - this.#expected >= MAX_BEHIND;
  }

  /** Takes the next packet's number into account. */
  track(sequence: number, opensStream: boolean): SequenceVerdict {
    if (this.beginsAnew(sequence, opensStream)) return this.#restart(sequence);
    if (this.#expected === undefined) {
      const leading = sequence <= MAX_LEADING_GAP ? sequence : 0;
      return this.#forward(sequence - leading, leading, sequence);
    }
    const ahead = (sequence - this.#expected) >>> 0;
    if (ahead < MODULUS / 2) {
      if (ahead > MAX_GAP) return this.#restart(sequence);
      return this.#forward(this.#expected, ahead, sequence);
    }
    if (MODULUS - ahead > MAX_BEHIND) return this.#restart(sequence);
    return this.#behind(sequence);
  }

  #forward(from: number, gap: number, sequence: number): SequenceVerdict {
    this.#expected = (sequence + 1) >>> 0;
    this.#forget(this.#expected);
    for (let step = Math.max(0, gap + 1 - MAX_BEHIND); step < gap; step += 1) {
      this.#missing.add((from + step) >>> 0);
    }
    this.#counts.lost += gap;
    return gap === 0 ? 'next' : 'gap';
  }

  /** Forgets what can no longer come late. */
  #forget(expected: number): void {
    for (const number of this.#missing) {
      if ((expected - number) >>> 0 <= MAX_BEHIND) return;
      this.#missing.delete(number);
    }
  }

  #behind(sequence: number): SequenceVerdict {
    if (this.#missing.delete(sequence)) {
      this.#counts.lost -= 1;
      this.#counts.late += 1;
      return 'late';
    }
    this.#counts.duplicates += 1;
    return 'duplicate';
  }

  #restart(sequence: number): SequenceVerdict {
    this.#counts.restarts += 1;
    this.#missing.clear();
    this.#expected = (sequence + 1) >>> 0;
    return 'restart';
  }
}
