/**
 * A capture that a camera has begun and that is not recorded: which packets are of it, so that each is counted and
 * none gets into the next one.
 */
import type { ReceivedPacket } from '../recording/received-packet.js';

/** Why a capture is not recorded. */
export type RefusalReason =
  /** Less is free than is to be kept free. */
  | 'disk-low'
  /** The directory has vanished, or cannot be written to. */
  | 'disk-error'
  /** As many sessions of the camera as may be are still being finished. */
  | 'too-many-sessions';

export interface Refusal {
  readonly reason: RefusalReason;
  /** For people. */
  readonly text: string;
}

const HALF_OF_ALL_NUMBERS = 2 ** 31;

export class RefusedCapture {
  readonly reason: RefusalReason;
  #lastSequence: number | undefined;

  constructor(reason: RefusalReason) {
    this.reason = reason;
  }

  /** The last sequence number that came of it. */
  get lastSequence(): number | undefined {
    return this.#lastSequence;
  }

  /** Whether a packet is of this capture: the numbers of the next one begin anew, often before it is announced. */
  owns({ sequence }: ReceivedPacket): boolean {
    const ahead = (sequence - (this.#lastSequence ?? sequence)) >>> 0;
    if (ahead >= HALF_OF_ALL_NUMBERS) return false;
    this.#lastSequence = sequence;
    return true;
  }
}
