/**
 * What becomes of packets that come faster than the disk takes them: the queue is bounded, and what does not fit is
 * dropped in whole groups of pictures, since a picture is of no use without those before it.
 */
import { isParameterSet } from '../h264/nal-unit-type.js';
import type { ReceivedPacket } from './received-packet.js';

/**
 * Bytes that may wait for the disk, per session, counting the raw stream and the MP4. A phone that was held up sends
 * the 16 MiB of its own queue at once, and each byte waits twice.
 */
export const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/** Recording goes on when so much of the queue is free again. */
const RESUME_BELOW_SHARE = 1 / 2;

export class Overload {
  readonly #limit: () => number;
  #dropping = false;
  #dropped = 0;

  /** `limit`: bytes that may wait as things are. */
  constructor(limit: () => number = () => MAX_PENDING_BYTES) {
    this.#limit = limit;
  }

  /** Packets dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  get isOverloaded(): boolean {
    return this.#dropping;
  }

  /** Whether a packet is to be recorded while `queuedBytes` wait; one that is not is counted. */
  admit(packet: Pick<ReceivedPacket, 'kind' | 'nalUnits'>, queuedBytes: number): boolean {
    const limit = this.#limit();
    if (queuedBytes > limit) this.#dropping = true;
    else if (this.#dropping && queuedBytes <= limit * RESUME_BELOW_SHARE) {
      this.#dropping = !beginsGroup(packet);
    }
    if (this.#dropping) this.#dropped += 1;
    return !this.#dropping;
  }

  /** Counts a packet that nothing can be done with. */
  drop(): void {
    this.#dropped += 1;
  }
}

/** Whether a packet holds a key picture, or parameter sets, which go before one. Others without a picture stand anywhere. */
export function beginsGroup({
  kind,
  nalUnits,
}: Pick<ReceivedPacket, 'kind' | 'nalUnits'>): boolean {
  return kind === 'key' || (kind === 'config' && nalUnits.some(isParameterSet));
}
