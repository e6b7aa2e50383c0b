import { describe, expect, it } from 'vitest';
import {
  ascii,
  box,
  fullBox,
  slicesOf,
  toBytes,
  u16,
  u24,
  u32,
  u64,
} from '../../src/lib/mp4/box.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('box', () => {
  it('is its size, its type and its contents', () => {
    expect(hex(toBytes(box('free', u16(0x0102))))).toBe(
      '0000000a 66726565 0102'.replaceAll(' ', ''),
    );
  });

  it('holds other boxes', () => {
    const inner = fullBox('mfhd', 1, 0x020304, u32(5));
    expect(hex(toBytes(box('moof', inner)))).toBe(
      '00000018 6d6f6f66 00000010 6d666864 01020304 00000005'.replaceAll(' ', ''),
    );
  });

  it('writes numbers big endian', () => {
    expect(hex(u24(0x010203))).toBe('010203');
    expect(hex(u32(0xfffefdfc))).toBe('fffefdfc');
    expect(hex(u64(0x1_0203_0405_06))).toBe('0000010203040506');
    expect(hex(u64(Number.MAX_SAFE_INTEGER))).toBe('001fffffffffffff');
  });

  it('comes in slices of any size, the same bytes', () => {
    const table = {
      size: 10,
      *pieces() {
        yield Uint8Array.of(1, 2, 3, 4, 5, 6, 7);
        yield Uint8Array.of(8, 9, 10);
      },
    };
    const source = box('trak', ascii('abc'), table, box('free'), u32(7));
    const whole = hex(toBytes(source));
    for (let sliceBytes = 1; sliceBytes <= source.size + 1; sliceBytes++) {
      const slices = [...slicesOf(source, sliceBytes)];
      expect(slices.map(hex).join('')).toBe(whole);
      expect(slices.slice(0, -1).every((slice) => slice.length === sliceBytes)).toBe(true);
    }
  });
});
