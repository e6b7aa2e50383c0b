/**
 * How the packets of one device come in: by which framing they are read, what of them is copied, and their rates.
 */
import type { Framing } from '../h264/nal-units.js';
import { type ReceivedPacket, receivedPacket } from '../recording/received-packet.js';
import type { FramePacket } from '../wire/frame-packet.js';
import { RateMeter } from './rate-meter.js';

/** Remembers of the packets before no more than the framing and the rates. */
export class PacketIntake {
  #framing: Framing = 'annex-b';
  #rates = new RateMeter();

  /** Splits and classifies a packet, and counts it. `nowMs` is monotonic; `isRecorded` says that a session takes it at once. */
  receive(
    packet: FramePacket,
    arrivalMs: number,
    nowMs: number,
    isRecorded: boolean,
  ): ReceivedPacket {
    const kept = isRecorded ? packet : copied(packet);
    const received = receivedPacket(kept, arrivalMs, this.#framing);
    if (received.framing !== 'none') this.#framing = received.framing;
    this.#rates.add(received.kind === 'config' ? 0 : 1, received.payload.length, nowMs);
    return received;
  }

  /** Rates of the capture that runs, or of what came since the last one began. */
  rates(nowMs: number): { fps: number; bitsPerSecond: number } {
    return this.#rates.read(nowMs);
  }

  /** A capture has begun: what came before it is none of its rates. */
  captureStarted(): void {
    this.#rates = new RateMeter();
  }
}

/** What is held for long is copied: a small message is a view that keeps its whole network buffer in memory. */
function copied(packet: FramePacket): FramePacket {
  return { ...packet, payload: Buffer.from(packet.payload) };
}
