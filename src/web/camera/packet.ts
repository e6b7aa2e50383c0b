/**
 * The binary message of the wire protocol (docs/protocol.md), as a camera builds it: 16 bytes in front of one encoder
 * output buffer, big endian.
 */

const HEADER_BYTES = 16;

/** `timestampMs`: whole milliseconds of the device's clock. `sequence` counts from 0 in each capture. */
export function encodePacket(
  timestampMs: number,
  sequence: number,
  chunk: EncodedVideoChunk,
): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(HEADER_BYTES + chunk.byteLength);
  const view = new DataView(message.buffer);
  view.setBigUint64(0, BigInt(timestampMs));
  view.setUint32(8, sequence);
  view.setUint32(12, chunk.byteLength);
  chunk.copyTo(message.subarray(HEADER_BYTES));
  return message;
}
