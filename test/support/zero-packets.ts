/**
 * Packets of nothing but zeros, for what looks at no more than number, kind, arrival and size.
 */
import type { PacketKind } from '../../src/lib/h264/classify.js';
import { splitNalUnits } from '../../src/lib/h264/nal-units.js';
import type { ReceivedPacket } from '../../src/lib/recording/received-packet.js';

export function packet(
  sequence: number,
  kind: PacketKind,
  { arrivalMs = 0, bytes = 10 }: { arrivalMs?: number; bytes?: number } = {},
): ReceivedPacket {
  const payload = new Uint8Array(bytes);
  const split = splitNalUnits(payload);
  return {
    ...split,
    framing: 'annex-b',
    sequence,
    kind,
    arrivalMs,
    timestampMs: 0,
    payload,
    size: bytes,
  };
}
