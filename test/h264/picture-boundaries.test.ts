import { expect, it } from 'vitest';
import { startsNewPicture } from '../../src/lib/h264/picture-boundaries.js';
import type { SliceOptions } from '../support/h264-builder.js';
import { parsedSlice } from '../support/h264-parsed.js';

const sps = { frameMbsOnly: false } as const;
const pps = { bottomFieldPicOrder: true, redundantPicCnt: true };

it.each<[string, SliceOptions, SliceOptions, boolean]>([
  ['another slice of the picture', {}, { firstMb: 50 }, false],
  ['slices in any order', { firstMb: 50 }, { firstMb: 0 }, false],
  ['another slice type', {}, { firstMb: 50, sliceType: 2 }, false],
  ['other kinds of reference', { nalRefIdc: 1 }, { firstMb: 50, nalRefIdc: 3 }, false],
  ['a redundant slice', {}, { redundantPicCnt: 1 }, false],
  ['a redundant slice that differs', { picOrderCntLsb: 2 }, { redundantPicCnt: 1 }, false],
  ['the same slice again', { firstMb: 50 }, { firstMb: 50 }, true],
  ['another frame_num', {}, { firstMb: 50, frameNum: 1 }, true],
  ['another picture parameter set', {}, { firstMb: 50, pps: { ...pps, id: 1 } }, true],
  ['another sequence parameter set', {}, { firstMb: 50, sps: { ...sps, id: 1 } }, true],
  ['a field after a frame', {}, { firstMb: 50, field: 'top' }, true],
  ['the other field', { field: 'top' }, { firstMb: 50, field: 'bottom' }, true],
  ['no reference any more', {}, { firstMb: 50, nalRefIdc: 0 }, true],
  ['another place in output order', {}, { firstMb: 50, picOrderCntLsb: 2 }, true],
  ['another place of the bottom field', {}, { firstMb: 50, deltaPicOrderCntBottom: 1 }, true],
  ['an IDR picture', {}, { firstMb: 50, idr: true }, true],
  ['another IDR picture', { idr: true }, { firstMb: 50, idr: true, idrPicId: 1 }, true],
])('%s', (_name, first, next, answer) => {
  const slices = [first, next].map((options) => parsedSlice({ sps, pps, ...options }));
  expect(startsNewPicture(...(slices as [(typeof slices)[0], (typeof slices)[0]]))).toBe(answer);
});

it('sees both deltas of picture order count type 1', () => {
  const options: SliceOptions = { sps: { pictureOrder: { type: 1 } }, pps };
  const first = parsedSlice(options);
  for (const deltaPicOrderCnt of [[1, 0] as [number, number], [0, 1] as [number, number]]) {
    const next = parsedSlice({ ...options, firstMb: 50, deltaPicOrderCnt });
    expect(startsNewPicture(first, next)).toBe(true);
  }
});

it('knows that colour planes coded apart begin at the same macroblock', () => {
  const planes = { profileIdc: 244, chromaFormatIdc: 3, separateColourPlane: true };
  const plane = (colourPlaneId: number) => parsedSlice({ sps: planes, colourPlaneId });
  expect(startsNewPicture(plane(0), plane(1))).toBe(false);
  expect(startsNewPicture(plane(0), plane(0))).toBe(true);
});
