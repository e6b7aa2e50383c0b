/**
 * A packet as the recording room handles it: split once, classified once.
 */
import { type PacketKind, packetKind } from '../h264/classify.js';
import { type Framing, splitNalUnits } from '../h264/nal-units.js';
import type { FramePacket } from '../wire/frame-packet.js';

export interface ReceivedPacket {
  readonly sequence: number;
  /** Device clock, milliseconds. */
  readonly timestampMs: number;
  /** Milliseconds since the epoch, from a clock that does not jump during a connection. */
  readonly arrivalMs: number;
  readonly payload: Uint8Array;
  /** Bytes of payload. */
  readonly size: number;
  readonly nalUnits: readonly Uint8Array[];
  /** The two as `splitNalUnits` says: for a NAL unit that goes on in the next packet. */
  readonly continued: Uint8Array;
  readonly trailingZeros: number;
  readonly kind: PacketKind;
  /** How the payload marks its NAL units; normally Annex B. */
  readonly framing: Framing;
}

/** Splits and classifies a packet. `expected` is the framing of the camera's packets before it. */
export function receivedPacket(
  packet: FramePacket,
  arrivalMs: number,
  expected: Framing,
): ReceivedPacket {
  const { framing, nalUnits, continued, trailingZeros } = splitNalUnits(packet.payload, expected);
  return {
    sequence: packet.sequence,
    timestampMs: packet.timestampMs,
    arrivalMs,
    payload: packet.payload,
    size: packet.payload.length,
    nalUnits,
    continued,
    trailingZeros,
    kind: packetKind(nalUnits),
    framing,
  };
}
