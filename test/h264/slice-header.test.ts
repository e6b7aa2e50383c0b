import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePps } from '../../src/lib/h264/pps.js';
import {
  type ParsedSliceHeader,
  parseSliceHeader,
  readFirstMbInSlice,
  readSlicePpsId,
} from '../../src/lib/h264/slice-header.js';
import { parseSps } from '../../src/lib/h264/sps.js';
import { pps, type SliceOptions, slice, sps } from '../support/h264-builder.js';

function parse(options: SliceOptions, nalUnit = slice(options)): ParsedSliceHeader {
  const set = parseSps(sps(options.sps));
  if (!set.ok) throw new Error(set.reason);
  const picture = parsePps(pps(options.pps), set.sps);
  if (!picture.ok) throw new Error(picture.reason);
  return parseSliceHeader(nalUnit, picture.pps, set.sps);
}

describe('parseSliceHeader', () => {
  it('reads an IDR slice', () => {
    expect(parse({ idr: true, idrPicId: 65_535, firstMb: 98, picOrderCntLsb: 255 })).toEqual({
      ok: true,
      header: {
        idr: true,
        nalRefIdc: 3,
        firstMbInSlice: 98,
        sliceType: 'I',
        ppsId: 0,
        spsId: 0,
        colourPlaneId: 0,
        frameNum: 0,
        structure: 'frame',
        idrPicId: 65_535,
        picOrderCntLsb: 255,
        deltaPicOrderCntBottom: 0,
        deltaPicOrderCnt: [0, 0],
        redundantPicCnt: 0,
        resetsReferences: false,
      },
    });
  });

  it('reads field flags, colour plane and redundancy where the sets announce them', () => {
    const options: SliceOptions = {
      sps: {
        profileIdc: 244,
        chromaFormatIdc: 3,
        separateColourPlane: true,
        frameMbsOnly: false,
        frameNumBits: 16,
      },
      pps: { id: 7, redundantPicCnt: true, bottomFieldPicOrder: true },
      colourPlaneId: 2,
      frameNum: 65_535,
      redundantPicCnt: 127,
    };
    expect(parse({ ...options, field: 'bottom' })).toMatchObject({
      header: {
        colourPlaneId: 2,
        structure: 'bottom-field',
        frameNum: 65_535,
        ppsId: 7,
        redundantPicCnt: 127,
      },
    });
    expect(parse({ ...options, field: 'top' })).toMatchObject({
      header: { structure: 'top-field' },
    });
    expect(parse({ ...options, deltaPicOrderCntBottom: -1 })).toMatchObject({
      header: { structure: 'frame', deltaPicOrderCntBottom: -1, redundantPicCnt: 127 },
    });
  });

  it('reads the deltas of picture order count type 1', () => {
    const options: SliceOptions = {
      sps: { pictureOrder: { type: 1 } },
      pps: { bottomFieldPicOrder: true },
      deltaPicOrderCnt: [-7, 0x7fff_ffff],
      marking: [[5]],
    };
    expect(parse(options)).toMatchObject({
      header: { deltaPicOrderCnt: [-7, 0x7fff_ffff], resetsReferences: true },
    });
    const fixed = {
      ...options,
      sps: { pictureOrder: { type: 1 as const, deltaAlwaysZero: true } },
    };
    expect(parse(fixed)).toMatchObject({
      header: { deltaPicOrderCnt: [0, 0], resetsReferences: true },
    });
  });

  // Everything before the marking has to be read over bit by bit to find operation 5 behind it.
  it.each<[string, SliceOptions]>([
    ['behind nothing', {}],
    ['behind other operations', { marking: [[1, 3], [2, 9], [3, 0, 15], [4, 16], [6, 2], [5]] }],
    [
      'behind modified lists',
      {
        modifications: [
          [0, 4],
          [1, 70_000],
          [2, 0],
        ],
        refs: [16],
      },
    ],
    ['behind weights', { pps: { weightedPrediction: true }, weights: true, refs: [3] }],
    ['of an SP slice', { sliceType: 3, pps: { weightedPrediction: true }, weights: true }],
    ['of a B slice', { sliceType: 1, refs: [2, 3], modifications: [[0, 1]] }],
    [
      'of a B slice with weights',
      { sliceType: 6 - 5, pps: { weightedBipredIdc: 1, defaultRefs: [2, 4] }, weights: true },
    ],
    ['of a B slice with implicit weights', { sliceType: 1, pps: { weightedBipredIdc: 2 } }],
    [
      'of a monochrome slice with weights',
      {
        sps: { profileIdc: 100, chromaFormatIdc: 0 },
        pps: { weightedPrediction: true },
        weights: true,
      },
    ],
    ['of an I slice', { sliceType: 7 - 5 }],
    ['of a partitioned slice', { partitionA: true }],
  ])('finds operation 5 %s', (_name, options) => {
    expect(parse({ marking: [[5]], ...options })).toMatchObject({
      ok: true,
      header: { resetsReferences: true },
    });
    const { marking, ...without } = options;
    const others = marking?.filter(([operation]) => operation !== 5);
    expect(parse({ ...without, ...(others && { marking: others }) })).toMatchObject({
      ok: true,
      header: { resetsReferences: false },
    });
  });

  it('has no marking where no picture refers to this one', () => {
    expect(parse({ nalRefIdc: 0, data: [0xff] })).toMatchObject({
      ok: true,
      header: { nalRefIdc: 0, resetsReferences: false },
    });
  });

  it.each<[string, SliceOptions]>([
    ['first_mb_in_slice is out of range', { firstMb: 99 }],
    ['slice_type is out of range', { sliceType: 10 }],
    ['slice_type is out of range', { idr: true, sliceType: 0 }],
    ['idr_pic_id is out of range', { idr: true, idrPicId: 65_536 }],
    ['redundant_pic_cnt is out of range', { pps: { redundantPicCnt: true }, redundantPicCnt: 128 }],
    ['num_ref_idx_active is out of range', { refs: [17] }],
    [
      'memory_management_control_operation has no end',
      { marking: Array.from({ length: 200 }, () => [5]) },
    ],
    [
      'modification_of_pic_nums_idc has no end',
      { modifications: Array.from({ length: 80 }, (): [number, number] => [0, 0]) },
    ],
  ])('refuses: %s', (reason, options) => {
    expect(parse(options)).toEqual({ ok: false, reason });
  });

  it('refuses a header that is cut short, at every byte', () => {
    const options = { refs: [16], modifications: [[0, 70_000]] as [number, number][], data: [] };
    const whole = slice(options);
    for (let length = 1; length < whole.length - 1; length++) {
      expect(parse(options, whole.subarray(0, length)).ok).toBe(false);
    }
  });

  it('never throws on damage', () => {
    const options: SliceOptions = {
      sps: { frameMbsOnly: false },
      pps: { weightedPrediction: true, defaultRefs: [4, 4] },
      weights: true,
      marking: [[1, 2], [5]],
    };
    const whole = slice(options);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255))), (changes) => {
        const damaged = Buffer.from(whole);
        for (const [at, byte] of changes) damaged[at] = byte;
        const result = parse(options, damaged);
        if (!result.ok) expect(result.reason).not.toBe('');
      }),
    );
  });
});

it('reads the fields in front without any parameter set', () => {
  const nalUnit = slice({ firstMb: 77, pps: { id: 9 } });
  expect(readFirstMbInSlice(nalUnit)).toBe(77);
  expect(readSlicePpsId(nalUnit)).toBe(9);
  expect(readFirstMbInSlice(Buffer.of(0x41))).toBeUndefined();
  expect(readSlicePpsId(Buffer.of(0x41, 0xff & 0x80))).toBeUndefined();
  expect(readSlicePpsId(slice({ sliceType: 10 }))).toBeUndefined();
});
