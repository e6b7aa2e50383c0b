import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NAL_UNITS } from '../../src/lib/h264/limits.js';
import { joinAnnexB, splitNalUnits } from '../../src/lib/h264/nal-units.js';
import { annexB, lengthPrefixed, otherNalUnit, pps, slice, sps } from '../support/h264-builder.js';

const idr = slice({ idr: true });

function hex(nalUnits: readonly Uint8Array[]): string[] {
  return nalUnits.map((nalUnit) => Buffer.from(nalUnit).toString('hex'));
}

describe('splitNalUnits, Annex B', () => {
  it('takes start codes of three and four bytes in one payload', () => {
    const payload = Buffer.concat([annexB([sps()]), annexB([pps()], 3), annexB([idr], 4)]);
    const split = splitNalUnits(payload);
    expect(split.framing).toBe('annex-b');
    expect(hex(split.nalUnits)).toEqual(hex([sps(), pps(), idr]));
  });

  it('gives views, not copies', () => {
    const payload = annexB([sps(), idr]);
    for (const nalUnit of splitNalUnits(payload).nalUnits) {
      expect(nalUnit.buffer).toBe(payload.buffer);
    }
    const plain = new Uint8Array(payload);
    expect(splitNalUnits(plain).nalUnits[0]?.buffer).toBe(plain.buffer);
  });

  it('leaves out zero padding, by the hundred', () => {
    const padding = Buffer.alloc(700);
    const payload = Buffer.concat([padding, annexB([sps()]), padding, annexB([idr], 3), padding]);
    expect(hex(splitNalUnits(payload).nalUnits)).toEqual(hex([sps(), idr]));
  });

  it('leaves out what stands before the first start code, and empty NAL units', () => {
    const payload = Buffer.concat([Buffer.of(0xab, 0xcd), annexB([Buffer.of(), idr, Buffer.of()])]);
    const split = splitNalUnits(payload);
    expect(split.framing).toBe('annex-b');
    expect(hex(split.nalUnits)).toEqual(hex([idr]));
  });

  it('says what goes on from the payload before, and how many zeros end this one', () => {
    const rest = Buffer.of(0, 3, 0xcd);
    const ends = (payload: Buffer, expected?: 'length-prefixed') => {
      const { continued, trailingZeros } = splitNalUnits(payload, expected);
      return [Buffer.from(continued).toString('hex'), trailingZeros];
    };
    expect(ends(Buffer.concat([rest, annexB([idr]), Buffer.alloc(2)]))).toEqual(['0003cd', 2]);
    expect(ends(Buffer.concat([rest, Buffer.alloc(300)]))).toEqual(['0003cd', 300]);
    expect(ends(Buffer.concat([Buffer.alloc(300), annexB([idr])]))).toEqual(['', 0]);
    expect(ends(Buffer.alloc(5))).toEqual(['', 5]);
    expect(ends(rest, 'length-prefixed')).toEqual(['', 0]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(100_000)],
    ['no start code and no lengths', Buffer.from('only text')],
  ])('finds nothing in %s', (_name, payload) => {
    expect(splitNalUnits(payload)).toMatchObject({ framing: 'none', nalUnits: [] });
  });

  it('calls a payload with more start codes than any encoder sends damaged', () => {
    const most = annexB(Array.from({ length: MAX_NAL_UNITS }, () => Buffer.of(0x41, 0x9a)));
    expect(splitNalUnits(most).nalUnits).toHaveLength(MAX_NAL_UNITS);
    const tooMany = Buffer.concat([most, annexB([idr])]);
    expect(splitNalUnits(tooMany)).toMatchObject({ framing: 'none', nalUnits: [] });
    const empty = Buffer.alloc(3 * (MAX_NAL_UNITS + 1), Buffer.of(0, 0, 1));
    expect(splitNalUnits(empty).nalUnits).toEqual([]);
  });

  it('and one with more lengths', () => {
    const most = Array.from({ length: MAX_NAL_UNITS }, () => Buffer.of(0x41, 0x9a));
    expect(splitNalUnits(lengthPrefixed(most)).nalUnits).toHaveLength(MAX_NAL_UNITS);
    const tooMany = lengthPrefixed([...most, idr]);
    expect(splitNalUnits(tooMany)).toMatchObject({ framing: 'none', nalUnits: [] });
  });

  it('finds start codes at and around the borders of the search windows, among many zeros and few', () => {
    for (const filling of [0x77, 0]) {
      for (let position = 65_530; position <= 65_542; position++) {
        const first = Buffer.alloc(position - 3, filling);
        first[0] = 0x41;
        first[first.length - 1] = 0x55;
        const payload = annexB([first, idr], 3);
        expect(hex(splitNalUnits(payload).nalUnits)).toEqual(hex([first, idr]));
      }
    }
  });

  it('splits what joinAnnexB has joined, whatever the NAL units are', () => {
    // Bytes above 3 but for single zeros: what emulation prevention leaves, roughly.
    const nalUnit = fc
      .array(fc.constantFrom(0, 4, 0x41, 0x80, 0xff), { minLength: 1, maxLength: 40 })
      .map((bytes) =>
        Buffer.of(0x41, ...bytes.filter((byte, i) => byte !== 0 || bytes[i - 1] !== 0), 0x80),
      );
    fc.assert(
      fc.property(fc.array(nalUnit, { minLength: 1, maxLength: 8 }), (nalUnits) => {
        expect(hex(splitNalUnits(joinAnnexB(nalUnits)).nalUnits)).toEqual(hex(nalUnits));
      }),
    );
  });
});

describe('splitNalUnits, length-prefixed', () => {
  it.each([2, 3, 4])('follows lengths of %i bytes', (lengthSize) => {
    const nalUnits = [sps(), pps(), idr];
    const split = splitNalUnits(lengthPrefixed(nalUnits, lengthSize));
    expect(split.framing).toBe('length-prefixed');
    expect(hex(split.nalUnits)).toEqual(hex(nalUnits));
  });

  it('leaves out padding inside the lengths', () => {
    const padded = Buffer.concat([idr, Buffer.alloc(300)]);
    expect(hex(splitNalUnits(lengthPrefixed([padded])).nalUnits)).toEqual(hex([idr]));
  });

  it('wants the lengths to end with the payload', () => {
    const payload = lengthPrefixed([sps(), idr]);
    expect(splitNalUnits(payload.subarray(0, -1)).framing).toBe('none');
    expect(splitNalUnits(Buffer.concat([payload, Buffer.of(7)])).framing).toBe('none');
  });

  it('wants headers that an encoder sends', () => {
    expect(splitNalUnits(lengthPrefixed([Buffer.from([0xe5, 1, 2])])).framing).toBe('none');
    expect(splitNalUnits(lengthPrefixed([Buffer.from([0x46, 1, 2])])).framing).toBe('none');
  });

  it('never takes 00 00 00 01 for a length', () => {
    const payload = Buffer.concat([annexB([Buffer.of(0x41)]), lengthPrefixed([idr])]);
    expect(splitNalUnits(payload).framing).toBe('annex-b');
  });

  it('takes 00 00 01 for a start code, unless a chain of lengths says otherwise', () => {
    // 0x41 is a header of a slice and makes a length of 256 + 0x41 = 321.
    const ambiguous = Buffer.concat([Buffer.of(0, 0, 1), otherNalUnit(0x41, 322)]);
    ambiguous[4] = 0x41;
    expect(splitNalUnits(ambiguous).framing).toBe('annex-b');
    expect(splitNalUnits(ambiguous, 'length-prefixed').framing).toBe('length-prefixed');
    const chain = lengthPrefixed([otherNalUnit(0x41, 321), idr]);
    expect(splitNalUnits(chain).framing).toBe('length-prefixed');
    // 0x90 cannot be a header, so only a length is left.
    const clear = lengthPrefixed([otherNalUnit(0x41, 256 + 0x90)]);
    expect(splitNalUnits(clear).framing).toBe('length-prefixed');
  });

  it('takes 00 00 01 for a start code wherever another one follows', () => {
    const first = Buffer.concat([Buffer.of(0x41, 0x41), Buffer.alloc(300, 0x77)]);
    const payload = annexB([first, Buffer.alloc(20, 0x41)], 3);
    expect(payload.length).toBe(4 + 256 + 0x41 + 3);
    const cut = payload.subarray(0, 4 + 256 + 0x41);
    expect(splitNalUnits(cut, 'length-prefixed').framing).toBe('annex-b');
  });

  it('takes 00 00 01 behind the first NAL unit for a length where one has to stand, else for a start code', () => {
    const second = otherNalUnit(0x41, 256 + 5);
    const split = splitNalUnits(lengthPrefixed([idr, second]));
    expect(split.framing).toBe('length-prefixed');
    expect(hex(split.nalUnits)).toEqual(hex([idr, second]));
    // Lengths lead through both of these, and over a start code.
    const garbage = Buffer.concat([Buffer.of(0x41, 0x9a), annexB([idr], 3)]);
    const behindGarbage = splitNalUnits(lengthPrefixed([garbage]));
    expect(behindGarbage.framing).toBe('annex-b');
    expect(hex(behindGarbage.nalUnits)).toEqual(hex([idr]));
    const ambiguous = lengthPrefixed([otherNalUnit(0x41, 256 + 0x41), garbage]);
    expect(splitNalUnits(ambiguous).framing).toBe('annex-b');
  });

  it('never reads Annex B as length-prefixed, whatever the slices are', () => {
    const anySlice = fc
      .record({ firstMb: fc.nat(98), frameNum: fc.nat(15), length: fc.nat(700) })
      .map(({ length, ...options }) => slice({ ...options, data: Buffer.alloc(length, 0x41) }));
    fc.assert(
      fc.property(
        fc.array(anySlice, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(3 as const, 4 as const),
        (slices, startCode) => {
          const split = splitNalUnits(annexB(slices, startCode));
          expect(split.framing).toBe('annex-b');
          expect(split.nalUnits).toHaveLength(slices.length);
        },
      ),
    );
  });
});
