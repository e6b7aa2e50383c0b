import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ParsedPps, parsePps, parsePpsIds } from '../../src/lib/h264/pps.js';
import { parseSps, type SequenceParameterSet } from '../../src/lib/h264/sps.js';
import type { BitWriter } from '../support/h264-bit-writer.js';
import { type PpsOptions, pps, type SpsOptions, sps } from '../support/h264-builder.js';

function spsOf(options: SpsOptions = {}): SequenceParameterSet {
  const result = parseSps(sps(options));
  if (!result.ok) throw new Error(result.reason);
  return result.sps;
}

function parsed(options: PpsOptions, set: SpsOptions = {}): ParsedPps {
  return parsePps(pps(options), spsOf(set));
}

describe('parsePps', () => {
  it('reads a plain set', () => {
    expect(parsed({ id: 200, spsId: 31, cabac: true, defaultRefs: [3, 32] })).toEqual({
      ok: true,
      pps: {
        id: 200,
        spsId: 31,
        entropyCodingMode: 'cabac',
        bottomFieldPicOrderInFramePresent: false,
        numSliceGroups: 1,
        sliceGroupMapType: undefined,
        sliceGroupChangeRate: undefined,
        defaultRefListLengths: [3, 32],
        weightedPrediction: false,
        weightedBipredIdc: 0,
        redundantPicCntPresent: false,
      },
    });
  });

  it('reads the flags that slice headers depend on', () => {
    const options = { bottomFieldPicOrder: true, weightedPrediction: true, weightedBipredIdc: 2 };
    expect(parsed({ ...options, redundantPicCnt: true })).toMatchObject({
      pps: {
        bottomFieldPicOrderInFramePresent: true,
        weightedPrediction: true,
        weightedBipredIdc: 2,
        redundantPicCntPresent: true,
      },
    });
  });

  const maps: [number, number, number | undefined, (writer: BitWriter) => void][] = [
    [0, 3, undefined, (writer) => writer.ue(0).ue(10).ue(20).ue(98)],
    [1, 8, undefined, (writer) => writer.ue(1)],
    [2, 3, undefined, (writer) => writer.ue(2).ue(0).ue(13).ue(50).ue(98)],
    [3, 2, 11, (writer) => writer.ue(3).flag(true).ue(10)],
    [4, 2, 1, (writer) => writer.ue(4).flag(false).ue(0)],
    [5, 2, 99, (writer) => writer.ue(5).flag(false).ue(98)],
    [
      6,
      5,
      undefined,
      (writer) => {
        writer.ue(6).ue(98);
        for (let i = 0; i < 99; i++) writer.u(3, i % 5);
      },
    ],
  ];
  it.each(maps)('reads over slice group map type %i', (type, count, rate, write) => {
    const result = parsed({ sliceGroups: { count, write }, redundantPicCnt: true });
    expect(result).toMatchObject({
      ok: true,
      pps: {
        numSliceGroups: count,
        sliceGroupMapType: type,
        sliceGroupChangeRate: rate,
        redundantPicCntPresent: true,
      },
    });
  });

  it.each([
    [0, 2, 1, 6],
    [1, 2, 1, 8],
    [1, 3, 1, 8],
    [1, 12, 3, 12],
  ])('reads the lists of the High profiles', (transform8x8, _lists, chromaFormatIdc, lists) => {
    const high = { transform8x8: transform8x8 === 1, scalingLists: lists };
    expect(parsed({ high }, { profileIdc: 244, chromaFormatIdc }).ok).toBe(true);
    // One list fewer than the reader expects, and the last field is read from the middle of a list.
    const reason = 'it ends too early';
    const shorter = { ...high, scalingLists: 3 };
    expect(parsed({ high: shorter }, { profileIdc: 244, chromaFormatIdc })).toEqual({
      ok: false,
      reason,
    });
  });

  it.each<[string, PpsOptions]>([
    ['num_ref_idx_l0_default_active', { defaultRefs: [33, 1] }],
    ['weighted_bipred_idc', { weightedBipredIdc: 3 }],
    ['pic_init_qp_minus26', { picInitQp: 52 }],
    ['slice_group_map_type', { sliceGroups: { count: 2, write: (writer) => writer.ue(7) } }],
    ['run_length_minus1', { sliceGroups: { count: 2, write: (writer) => writer.ue(0).ue(99) } }],
    ['top_left', { sliceGroups: { count: 2, write: (writer) => writer.ue(2).ue(5).ue(4) } }],
    ['num_slice_groups_minus1', { sliceGroups: { count: 9, write: (writer) => writer.ue(1) } }],
  ])('refuses %s out of range', (name, options) => {
    expect(parsed(options)).toEqual({ ok: false, reason: `${name} is out of range` });
  });

  it('takes the lower end of the quantiser from the bit depth', () => {
    expect(parsed({ picInitQp: -12 }, { profileIdc: 110, bitDepth: 10 }).ok).toBe(true);
    expect(parsed({ picInitQp: -1 }).ok).toBe(false);
  });

  it('never throws on damage', () => {
    const whole = pps({ high: { transform8x8: true, scalingLists: 8 } });
    const set = spsOf({ profileIdc: 100 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255))), (changes) => {
        const damaged = Buffer.from(whole);
        for (const [at, byte] of changes) damaged[at] = byte;
        const result = parsePps(damaged, set);
        if (!result.ok) expect(result.reason).not.toBe('');
      }),
    );
  });
});

describe('parsePpsIds', () => {
  it('needs no other set', () => {
    expect(parsePpsIds(pps({ id: 255, spsId: 17 }))).toEqual({ ok: true, id: 255, spsId: 17 });
  });

  it('refuses ids out of range, other NAL units and nothing', () => {
    expect(parsePpsIds(pps({ id: 256 })).ok).toBe(false);
    expect(parsePpsIds(pps({ spsId: 32 })).ok).toBe(false);
    expect(parsePpsIds(sps()).ok).toBe(false);
    expect(parsePpsIds(Buffer.of(0x68)).ok).toBe(false);
  });
});
