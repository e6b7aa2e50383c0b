import { describe, expect, it } from 'vitest';
import { MAX_NAL_UNITS } from '../../src/lib/h264/limits.js';
import { assembled, idr, inShort, picSet, picture, set } from '../support/assembled-pictures.js';
import { otherNalUnit, pps, sei, slice, sps } from '../support/h264-builder.js';

describe('what cannot be used', () => {
  it('counts pictures without parameter sets, not slices', () => {
    const outputs = assembled([
      picture(1, 0, 40, 80),
      picture(2, 0, 40),
      [idr],
      [set, picSet],
      [idr],
    ]);
    expect(inShort(outputs)).toEqual([
      '0: no-parameter-sets',
      '1: no-parameter-sets',
      '2: no-parameter-sets',
      '4: K 5 D',
    ]);
  });

  it('tells apart unseen pictures whose first slice is lost by their header bytes', () => {
    const reference = slice({ firstMb: 40 });
    const other = slice({ firstMb: 40, nalRefIdc: 0 });
    const outputs = assembled([[reference, slice({ firstMb: 80 })], [other], [reference]]);
    expect(inShort(outputs)).toHaveLength(3);
  });

  it('calls a picture damaged whose only slice header is', () => {
    const outputs = assembled([[set, picSet, idr], [slice({ sliceType: 10 })], picture(2)]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: damaged-slice-header', '2: P 1']);
  });

  it('says so when a picture parameter set makes no sense', () => {
    const outputs = assembled([[set, pps({ weightedBipredIdc: 3 }), idr]]);
    expect(inShort(outputs)).toEqual(['0: damaged-parameter-sets']);
  });

  it('keeps a picture together of which one slice is damaged, the first or another', () => {
    const damaged = (firstMb: number) => slice({ frameNum: 1, firstMb, refs: [17] });
    const [first = idr, second = idr, third = idr] = picture(1, 0, 40, 80);
    expect(
      inShort(
        assembled([
          [set, picSet, idr],
          [first, damaged(40), third],
        ]),
      ),
    ).toEqual(['0: K 5 D', '1: P 1 1 1']);
    expect(
      inShort(
        assembled([
          [set, picSet, idr],
          [damaged(0), second, third],
        ]),
      ),
    ).toEqual(['0: K 5 D', '1: P 1 1 1']);
  });

  it('takes a redundant slice for one of the picture whose first slice is damaged', () => {
    const options = { pps: { redundantPicCnt: true }, frameNum: 1 };
    const damaged = slice({ ...options, refs: [17] });
    const outputs = assembled([
      [set, pps(options.pps), slice({ pps: options.pps, idr: true })],
      [damaged, slice({ ...options, redundantPicCnt: 1 })],
    ]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: P 1 1']);
  });

  it('refuses field pictures by name, one by one, and goes on with frames', () => {
    const interlaced = { sps: { frameMbsOnly: false } };
    const fields = (['top', 'bottom'] as const).map((field) =>
      slice({ ...interlaced, field, frameNum: 1 }),
    );
    const outputs = assembled([
      [sps(interlaced.sps), picSet, slice({ ...interlaced, idr: true })],
      fields,
      [slice({ ...interlaced, frameNum: 2 })],
    ]);
    expect(inShort(outputs)).toEqual([
      '0: K 5 D',
      '1: field-pictures',
      '1: field-pictures',
      '2: P 1',
    ]);
  });

  it.each([
    ['NAL units', Array(MAX_NAL_UNITS + 1).fill(otherNalUnit(0x13))],
    ['bytes', Array(65).fill(Buffer.alloc(2 ** 20, 0x13))],
  ])('lets go of a picture of endless %s, and describes anew behind it', (_what, endless) => {
    const outputs = assembled([[set, picSet, idr, ...endless], picture(1), [idr]]);
    expect(inShort(outputs)).toEqual(['0: too-large', '1: P 1 D', '2: K 5']);
  });

  it('describes nothing anew behind one that brought nothing new', () => {
    const endless = Array.from({ length: MAX_NAL_UNITS + 1 }, () => otherNalUnit(0x13));
    const outputs = assembled([[set, picSet, idr], [...picture(1), ...endless], picture(2)]);
    expect(inShort(outputs)).toEqual(['0: K 5 D', '1: too-large', '2: P 1']);
  });

  it.each([
    ['NAL units', Array(MAX_NAL_UNITS + 1).fill(sei())],
    ['bytes', Array(5).fill(Buffer.alloc(2 ** 20, 0x06))],
  ])('lets go of what piles up in front of a picture in endless %s', (_what, endless) => {
    const outputs = assembled([[set, picSet, ...endless, sei(), idr]]);
    expect(inShort(outputs)).toEqual(['0: K 6 5 D']);
  });
});
