import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeFramePacket,
  encodeFramePacket,
  FRAME_HEADER_BYTES,
  MAX_TIMESTAMP_MS,
} from '../../src/lib/wire/frame-packet.js';

const payload = Buffer.from([0, 0, 0, 1, 0x65, 0x88]);
const message = encodeFramePacket({ timestampMs: 1234, sequence: 7, payload });

it('has the bytes of the contract', () => {
  expect(message.toString('hex')).toBe(
    '00000000000004d2' + '00000007' + '00000006' + '000000016588',
  );
});

it('gives back what was sent, as a view of the message', () => {
  const decoded = decodeFramePacket(message);
  expect(decoded).toEqual({ ok: true, packet: { timestampMs: 1234, sequence: 7, payload } });
  if (decoded.ok) expect(decoded.packet.payload.buffer).toBe(message.buffer);
});

it('rejects every message that is cut short, and none that is whole', () => {
  for (let end = 0; end < message.length; end += 1) {
    const reason = end < FRAME_HEADER_BYTES ? 'too-short' : 'length-mismatch';
    expect(decodeFramePacket(message.subarray(0, end))).toEqual({ ok: false, reason });
  }
  expect(decodeFramePacket(message).ok).toBe(true);
});

it('rejects a message with bytes beyond its length', () => {
  const long = Buffer.concat([message, Buffer.of(0)]);
  expect(decodeFramePacket(long)).toEqual({ ok: false, reason: 'length-mismatch' });
});

it('takes a packet without payload', () => {
  const empty = encodeFramePacket({ timestampMs: 0, sequence: 0, payload: Buffer.alloc(0) });
  expect(empty).toHaveLength(FRAME_HEADER_BYTES);
  expect(decodeFramePacket(empty)).toMatchObject({ ok: true, packet: { timestampMs: 0 } });
});

describe('device timestamps', () => {
  const at = (timestamp: bigint) => {
    const copy = Buffer.from(message);
    copy.writeBigUInt64BE(timestamp, 0);
    const decoded = decodeFramePacket(copy);
    return decoded.ok ? decoded.packet.timestampMs : undefined;
  };

  it.each([
    ['above 32 bits', 0x1_0000_0001n, 0x1_0000_0001],
    ['at the limit', BigInt(MAX_TIMESTAMP_MS), MAX_TIMESTAMP_MS],
    ['just beyond it', BigInt(MAX_TIMESTAMP_MS) + 1n, MAX_TIMESTAMP_MS],
    ['at 2^63', 1n << 63n, MAX_TIMESTAMP_MS],
    ['at the largest number', (1n << 64n) - 1n, MAX_TIMESTAMP_MS],
  ])('%s', (_name, sent, kept) => {
    expect(at(sent)).toBe(kept);
  });
});

it('takes sequence numbers modulo 2^32', () => {
  const wrapped = encodeFramePacket({ timestampMs: 0, sequence: 2 ** 32 + 5, payload });
  expect(decodeFramePacket(wrapped)).toMatchObject({ packet: { sequence: 5 } });
  const last = encodeFramePacket({ timestampMs: 0, sequence: 2 ** 32 - 1, payload });
  expect(decodeFramePacket(last)).toMatchObject({ packet: { sequence: 2 ** 32 - 1 } });
});

it('reads back every packet that can be written', () => {
  const packets = fc.record({
    timestampMs: fc.maxSafeNat(),
    sequence: fc.nat(0xffff_ffff),
    payload: fc.uint8Array({ maxLength: 64 }),
  });
  fc.assert(
    fc.property(packets, (packet) => {
      const decoded = decodeFramePacket(encodeFramePacket(packet));
      expect(decoded).toMatchObject({ ok: true });
      if (!decoded.ok) return;
      expect(decoded.packet.timestampMs).toBe(packet.timestampMs);
      expect(decoded.packet.sequence).toBe(packet.sequence);
      expect(Buffer.compare(decoded.packet.payload, packet.payload)).toBe(0);
    }),
  );
});
