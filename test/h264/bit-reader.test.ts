import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BitReader } from '../../src/lib/h264/bit-reader.js';
import { BitWriter } from '../support/h264-bit-writer.js';

describe('BitReader', () => {
  it('reads what was written, emulation prevention in between', () => {
    const field = fc.oneof(
      fc.record({ kind: fc.constant('u' as const), value: fc.nat(0xffff_ffff) }),
      fc.record({ kind: fc.constant('ue' as const), value: fc.nat(0xffff_fffe) }),
      fc.record({
        kind: fc.constant('se' as const),
        value: fc.integer({ min: -0x7fff_ffff, max: 0x7fff_ffff }),
      }),
      // Zeros make start codes, which emulation prevention breaks.
      fc.record({ kind: fc.constant('u' as const), value: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const writer = new BitWriter();
        for (const { kind, value } of fields) {
          if (kind === 'u') writer.u(32, value);
          else writer[kind](value);
        }
        const nalUnit = writer.nalUnit(0x67);
        expect(nalUnit.indexOf(Buffer.of(0, 0, 1))).toBe(-1);
        const reader = new BitReader(nalUnit);
        for (const { kind, value } of fields) {
          expect(reader.moreData()).toBe(true);
          const read =
            kind === 'u'
              ? reader.bits(32)
              : kind === 'ue'
                ? reader.ue('field')
                : reader.se('field', -0x7fff_ffff, 0x7fff_ffff);
          expect(read).toBe(value);
        }
        expect(reader.moreData()).toBe(false);
        expect(reader.failure).toBeUndefined();
      }),
    );
  });

  it('fails once at the end and gives zeros from then on', () => {
    const reader = new BitReader(Buffer.of(0x67, 0xff));
    expect(reader.bits(8)).toBe(0xff);
    expect(reader.bits(8)).toBe(0);
    expect(reader.failure).toBe('it ends too early');
    reader.expect('something later', false);
    expect([reader.bit(), reader.ue('x'), reader.se('x', -1, 1), reader.bits(32)]).toEqual([
      0, 0, 0, 0,
    ]);
    expect(reader.failure).toBe('it ends too early');
    expect(reader.moreData()).toBe(false);
  });

  it('names a value that is out of range', () => {
    const nalUnit = new BitWriter().ue(5).nalUnit(0x67);
    const high = new BitReader(nalUnit);
    expect(high.ue('pic_order_cnt_type', 2)).toBe(0);
    expect(high.failure).toBe('pic_order_cnt_type is out of range');
    const signed = new BitReader(nalUnit);
    signed.se('delta', -2, 2);
    expect(signed.failure).toBe('delta is out of range');
  });

  it('refuses an Exp-Golomb code of more than 32 leading zeros', () => {
    const nalUnit = new BitWriter().u(32, 0).u(8, 1).nalUnit(0x67);
    const reader = new BitReader(nalUnit);
    reader.ue('field');
    expect(reader.failure).toBe('field is no Exp-Golomb code');
  });

  it('does not see the emulation prevention byte at the very end', () => {
    const reader = new BitReader(Buffer.of(0x67, 0x80, 0, 0, 3));
    expect(reader.bits(24)).toBe(0x80_0000);
    expect(reader.bit()).toBe(0);
    expect(reader.failure).toBe('it ends too early');
  });
});
