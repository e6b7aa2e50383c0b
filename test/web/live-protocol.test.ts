import { describe, expect, it } from 'vitest';
import {
  decodePictureMessage,
  encodePictureHeader,
  type LivePictureHeader,
} from '../../src/lib/web/live-protocol.js';

const header: LivePictureHeader = {
  number: 0xfffffffe,
  device: 'fe80-1_43210',
  key: true,
  timestampMs: 123_456_789_012,
  arrivalMs: 1_750_000_000_123.5,
};

function message(payload: readonly number[]): ArrayBuffer {
  return Uint8Array.of(...encodePictureHeader(header), ...payload).buffer;
}

describe('a picture on its way to a viewer', () => {
  it('comes out as it went in', () => {
    const { payload, ...rest } = decodePictureMessage(message([0, 0, 0, 1, 0x65])) ?? {};
    expect(rest).toEqual(header);
    expect([...(payload ?? [])]).toEqual([0, 0, 0, 1, 0x65]);
  });

  it('is nothing when its header is cut anywhere', () => {
    const whole = message([]);
    for (let length = 0; length < whole.byteLength; length += 1) {
      expect(decodePictureMessage(whole.slice(0, length))).toBeUndefined();
    }
    expect(decodePictureMessage(whole)?.payload.length).toBe(0);
  });

  it('refuses an id that does not fit', () => {
    expect(() => encodePictureHeader({ ...header, device: 'x'.repeat(256) })).toThrow(RangeError);
  });
});
