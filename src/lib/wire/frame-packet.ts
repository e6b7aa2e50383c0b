/**
 * The binary message of a camera: one encoder output buffer behind a 16-byte header.
 *
 * | offset | type (big endian) | field |
 * |---|---|---|
 * | 0 | uint64 | device timestamp, milliseconds |
 * | 8 | uint32 | sequence number, wraps at 2^32 |
 * | 12 | uint32 | payload length: equals the rest of the message |
 * | 16 | bytes | H.264 |
 *
 * The contract is docs/protocol.md.
 */

export const FRAME_HEADER_BYTES = 16;

/**
 * The largest device timestamp that is told apart, 285,000 years in milliseconds: what a number holds exactly.
 * A later one is recorded as this limit.
 */
export const MAX_TIMESTAMP_MS = Number.MAX_SAFE_INTEGER;

export interface FramePacket {
  /** Device clock, milliseconds, usually since boot. */
  readonly timestampMs: number;
  /** Counts packets of one capture from 0, modulo 2^32. */
  readonly sequence: number;
  /** One encoder output buffer, normally Annex B. A view of the message. */
  readonly payload: Uint8Array;
}

export type FrameRejection = 'too-short' | 'length-mismatch';

export type DecodedFrame =
  | { readonly ok: true; readonly packet: FramePacket }
  | { readonly ok: false; readonly reason: FrameRejection };

/** Reads one binary message. The payload is a view, not a copy. Never throws. */
export function decodeFramePacket(message: Buffer): DecodedFrame {
  if (message.length < FRAME_HEADER_BYTES) return { ok: false, reason: 'too-short' };
  const payloadLength = message.readUInt32BE(12);
  if (payloadLength !== message.length - FRAME_HEADER_BYTES) {
    return { ok: false, reason: 'length-mismatch' };
  }
  // Two 32-bit reads instead of a BigInt: nothing is allocated per frame.
  const timestampMs = message.readUInt32BE(0) * 0x1_0000_0000 + message.readUInt32BE(4);
  return {
    ok: true,
    packet: {
      timestampMs: Math.min(timestampMs, MAX_TIMESTAMP_MS),
      sequence: message.readUInt32BE(8),
      payload: message.subarray(FRAME_HEADER_BYTES),
    },
  };
}

/** Builds one binary message. `sequence` is taken modulo 2^32. */
export function encodeFramePacket(packet: FramePacket): Buffer {
  const message = Buffer.allocUnsafe(FRAME_HEADER_BYTES + packet.payload.length);
  message.writeBigUInt64BE(BigInt(packet.timestampMs), 0);
  message.writeUInt32BE(packet.sequence >>> 0, 8);
  message.writeUInt32BE(packet.payload.length, 12);
  message.set(packet.payload, FRAME_HEADER_BYTES);
  return message;
}
