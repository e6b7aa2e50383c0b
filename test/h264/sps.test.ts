import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSps, type SequenceParameterSet } from '../../src/lib/h264/sps.js';
import { pps, type SpsOptions, sps, type VuiOptions } from '../support/h264-builder.js';

function parsed(options: SpsOptions): SequenceParameterSet {
  const result = parseSps(sps(options));
  if (!result.ok) throw new Error(result.reason);
  return result.sps;
}

function vuiOf(vui: VuiOptions): SequenceParameterSet['vui'] {
  return parsed({ vui }).vui;
}

describe('parseSps', () => {
  it('reads a set of the Baseline profile', () => {
    expect(parsed({ id: 3, constraintFlags: 0xc0, levelIdc: 12, maxNumRefFrames: 2 })).toEqual({
      id: 3,
      profileIdc: 66,
      constraintFlags: 0xc0,
      levelIdc: 12,
      chromaFormatIdc: 1,
      separateColourPlane: false,
      bitDepthLuma: 8,
      bitDepthChroma: 8,
      frameNumBits: 4,
      pictureOrder: { type: 0, lsbBits: 8 },
      maxNumRefFrames: 2,
      gapsInFrameNumAllowed: false,
      widthInMacroblocks: 11,
      heightInMacroblocks: 9,
      sizeInMapUnits: 99,
      frameMacroblocksOnly: true,
      width: 176,
      height: 144,
      vui: undefined,
    });
  });

  it.each([100, 110, 122, 244, 44, 83, 86, 118, 128])('reads over the lists of profile %i', (p) => {
    const set = parsed({ profileIdc: p, scalingLists: true, bitDepth: 10, chromaFormatIdc: 2 });
    expect(set).toMatchObject({ bitDepthLuma: 10, bitDepthChroma: 10, chromaFormatIdc: 2 });
    expect(set).toMatchObject({ width: 176, height: 144 });
  });

  it('reads over the twelve lists of 4:4:4', () => {
    const set = parsed({
      profileIdc: 244,
      chromaFormatIdc: 3,
      separateColourPlane: true,
      scalingLists: true,
    });
    expect(set).toMatchObject({ separateColourPlane: true, width: 176, height: 144 });
  });

  it.each([
    { type: 0 as const, lsbBits: 16 },
    { type: 2 as const },
    {
      type: 1 as const,
      deltaAlwaysZero: true,
      offsetForNonRefPic: -3,
      offsetForTopToBottomField: 1,
      offsetsForRefFrame: [2, -4, 0x7fff_ffff],
    },
  ])('reads picture order count type $type', (pictureOrder) => {
    expect(parsed({ pictureOrder }).pictureOrder).toEqual(pictureOrder);
  });

  it.each([
    // chroma_format_idc, frame_mbs_only_flag, and what one unit of cropping takes away
    [1, true, 2, 2],
    [1, false, 2, 4],
    [2, true, 2, 1],
    [2, false, 2, 2],
    [3, true, 1, 1],
    [0, true, 1, 1],
    [0, false, 1, 2],
  ])('crops chroma format %i, frames only %s', (chromaFormatIdc, frameMbsOnly, unitX, unitY) => {
    const set = parsed({
      profileIdc: 244,
      chromaFormatIdc,
      frameMbsOnly,
      widthInMbs: 20,
      heightInMapUnits: 10,
      crop: [1, 2, 3, 4],
    });
    expect(set.width).toBe(320 - 3 * unitX);
    expect(set.height).toBe((frameMbsOnly ? 160 : 320) - 7 * unitY);
    expect(set.heightInMacroblocks).toBe(frameMbsOnly ? 10 : 20);
    expect(set.sizeInMapUnits).toBe(200);
  });

  it('shows 1080 of 1088 coded lines', () => {
    const set = parsed({ widthInMbs: 120, heightInMapUnits: 68, crop: [0, 0, 0, 4] });
    expect([set.width, set.height]).toEqual([1920, 1080]);
  });

  it.each<[string, SpsOptions]>([
    ['profile_idc', { profileIdc: 67 }],
    ['seq_parameter_set_id', { id: 32 }],
    ['chroma_format_idc', { profileIdc: 100, chromaFormatIdc: 4 }],
    ['bit_depth_luma_minus8', { profileIdc: 100, bitDepth: 15 }],
    ['log2_max_frame_num_minus4', { frameNumBits: 17 }],
    ['log2_max_pic_order_cnt_lsb_minus4', { pictureOrder: { type: 0, lsbBits: 17 } }],
    ['max_num_ref_frames', { maxNumRefFrames: 17 }],
    ['pic_width_in_mbs_minus1', { widthInMbs: 1056 }],
    ['pic_height_in_map_units_minus1', { heightInMapUnits: 528, frameMbsOnly: false }],
    ['the picture size', { widthInMbs: 1055, heightInMapUnits: 133 }],
    ['frame_crop', { crop: [44, 44, 0, 0] }],
    ['frame_crop', { crop: [0, 0, 0, 0xffff_fffe] }],
  ])('refuses %s out of range', (name, options) => {
    expect(parseSps(sps(options))).toEqual({ ok: false, reason: `${name} is out of range` });
  });

  it('refuses other NAL units and sets that are cut short', () => {
    expect(parseSps(pps()).ok).toBe(false);
    expect(parseSps(Buffer.alloc(0)).ok).toBe(false);
    const whole = sps({ profileIdc: 100, scalingLists: true });
    for (let length = 0; length < whole.length - 1; length++) {
      expect(parseSps(whole.subarray(0, length)).ok).toBe(false);
    }
  });

  it('never throws on damage, and what it accepts is within the standard', () => {
    const whole = sps({
      profileIdc: 100,
      scalingLists: true,
      vui: {
        hrd: true,
        colour: [1, 1, 1],
        reorder: { maxNumReorderFrames: 2, maxDecFrameBuffering: 4 },
      },
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255))), (changes) => {
        const damaged = Buffer.from(whole);
        for (const [at, byte] of changes) damaged[at] = byte;
        damaged[0] = 0x67;
        const result = parseSps(damaged);
        if (!result.ok) {
          expect(result.reason).not.toBe('');
          return;
        }
        expect(result.sps.width).toBeGreaterThan(0);
        expect(result.sps.width * result.sps.height).toBeLessThanOrEqual(139_264 * 256);
        expect(result.sps.maxNumRefFrames).toBeLessThanOrEqual(16);
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseSps, video usability information', () => {
  it('reads everything at once, behind two HRDs', () => {
    expect(
      vuiOf({
        aspectRatioIdc: 4,
        fullRange: false,
        colour: [1, 13, 6],
        timing: { numUnitsInTick: 1001, timeScale: 60_000, fixedFrameRate: false },
        hrd: true,
        reorder: { maxNumReorderFrames: 2, maxDecFrameBuffering: 4 },
      }),
    ).toEqual({
      sampleAspectRatio: { width: 16, height: 11 },
      colour: { primaries: 1, transfer: 13, matrix: 6, fullRange: false },
      timing: { numUnitsInTick: 1001, timeScale: 60_000, fixedFrameRate: false },
      bitstreamRestriction: { maxNumReorderFrames: 2, maxDecFrameBuffering: 4 },
    });
  });

  it.each([
    [1, { width: 1, height: 1 }],
    [9, { width: 80, height: 33 }],
    [16, { width: 2, height: 1 }],
    [0, undefined],
    [17, undefined],
    [254, undefined],
  ])('takes aspect_ratio_idc %i from the table', (aspectRatioIdc, ratio) => {
    expect(vuiOf({ aspectRatioIdc })?.sampleAspectRatio).toEqual(ratio);
  });

  it('reads an extended ratio, and takes none from one that contains 0', () => {
    expect(vuiOf({ extendedSar: [221, 183] })?.sampleAspectRatio).toEqual({
      width: 221,
      height: 183,
    });
    expect(vuiOf({ extendedSar: [0, 1] })?.sampleAspectRatio).toBeUndefined();
  });

  it('invents no colour, and keeps a full range that is told without one', () => {
    expect(vuiOf({})?.colour).toBeUndefined();
    expect(vuiOf({ fullRange: false })?.colour).toBeUndefined();
    expect(vuiOf({ fullRange: true })?.colour).toEqual({
      primaries: 2,
      transfer: 2,
      matrix: 2,
      fullRange: true,
    });
  });

  it('takes no timing from zeros', () => {
    expect(vuiOf({ timing: { numUnitsInTick: 0, timeScale: 50 } })?.timing).toBeUndefined();
    expect(vuiOf({ timing: { numUnitsInTick: 1, timeScale: 0 } })?.timing).toBeUndefined();
  });

  it('does without it where it is cut short: decoders do too', () => {
    const whole = sps({ vui: { colour: [1, 1, 1], hrd: true } });
    const cut = parseSps(whole.subarray(0, whole.length - 4));
    expect(cut).toMatchObject({ ok: true, sps: { width: 176, vui: undefined } });
  });

  it.each([
    [5, 4],
    [2, 17],
  ])(
    'does without a restriction of %i in %i frames',
    (maxNumReorderFrames, maxDecFrameBuffering) => {
      const reorder = { maxNumReorderFrames, maxDecFrameBuffering };
      expect(vuiOf({ aspectRatioIdc: 1, reorder })).toMatchObject({
        sampleAspectRatio: { width: 1, height: 1 },
        bitstreamRestriction: undefined,
      });
    },
  );
});
