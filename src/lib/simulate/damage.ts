/**
 * Ways in which a message can be wrong.
 */
import { FRAME_HEADER_BYTES } from '../wire/frame-packet.js';
import type { Random } from './random.js';

/** Most bytes that are changed in one payload. */
const MAX_FLIPPED_BYTES = 8;

/** What a server must ignore: no JSON, no object, no known message, a known one gone wrong. */
const GARBAGE = [
  'hello',
  '{"status":',
  '[]',
  'null',
  '42',
  '{"status":"dreaming","message":"of sheep"}',
  '{"type":"battery","level":0.5}',
  '{"status":7}',
  '{"type":"capabilities","deviceModel":{}}',
];

/** A copy with some bits flipped in its second half: there lies picture data, so that the kind of NAL unit stays. */
export function corrupted(payload: Uint8Array, random: Random): Uint8Array {
  const copy = Uint8Array.from(payload);
  const from = Math.ceil(copy.length / 2);
  if (from >= copy.length) return copy;
  for (let left = random.whole(1, MAX_FLIPPED_BYTES); left > 0; left -= 1) {
    const at = random.whole(from, copy.length - 1);
    copy[at] = (copy[at] ?? 0) ^ random.whole(1, 255);
  }
  return copy;
}

/** The message with a header that promises another length, or, one time in four, cut off within its header. */
export function withWrongLength(message: Buffer, random: Random): Buffer {
  if (random.chance(0.25)) return message.subarray(0, random.whole(0, FRAME_HEADER_BYTES - 1));
  const copy = Buffer.from(message);
  copy.writeUInt32BE((copy.readUInt32BE(12) + random.whole(1, 1000)) >>> 0, 12);
  return copy;
}

/** A text message that no phone means to send. */
export function garbageText(random: Random): string {
  return GARBAGE[random.whole(0, GARBAGE.length - 1)] ?? '';
}
