import { expect, it } from 'vitest';
import { maxReorderPictures } from '../../src/lib/h264/decoded-picture-buffer.js';
import type { SpsOptions } from '../support/h264-builder.js';
import { parsedSps } from '../support/h264-parsed.js';

const hd: SpsOptions = { profileIdc: 77, widthInMbs: 80, heightInMapUnits: 45, levelIdc: 31 };

it.each<[string, SpsOptions, number]>([
  ['picture order count type 2', { ...hd, pictureOrder: { type: 2 } }, 0],
  ['Baseline', { ...hd, profileIdc: 66 }, 0],
  [
    'Baseline that says so itself',
    {
      ...hd,
      profileIdc: 66,
      vui: { reorder: { maxNumReorderFrames: 1, maxDecFrameBuffering: 1 } },
    },
    1,
  ],
  [
    'none, by the stream',
    { ...hd, vui: { reorder: { maxNumReorderFrames: 0, maxDecFrameBuffering: 4 } } },
    0,
  ],
  [
    'two, by the stream',
    { ...hd, vui: { reorder: { maxNumReorderFrames: 2, maxDecFrameBuffering: 4 } } },
    2,
  ],
  ['an intra profile', { ...hd, profileIdc: 110, constraintFlags: 0x10 }, 0],
  ['High, which is none without that flag', { ...hd, profileIdc: 100 }, 5],
  ['Main, where that flag means level 1b', { ...hd, constraintFlags: 0x10 }, 5],
  ['720p at level 3.1', hd, 5],
  ['1080p at level 4', { ...hd, widthInMbs: 120, heightInMapUnits: 68, levelIdc: 40 }, 4],
  ['a small picture', { ...hd, widthInMbs: 11, heightInMapUnits: 9, levelIdc: 40 }, 16],
  ['level 1b', { profileIdc: 77, levelIdc: 11, constraintFlags: 0x10 }, 4],
  ['level 1b of Extended', { profileIdc: 88, levelIdc: 11, constraintFlags: 0x10 }, 4],
  ['level 1.1', { profileIdc: 77, levelIdc: 11 }, 9],
  ['an unknown level', { ...hd, levelIdc: 33 }, 16],
  ['a level too low for the size', { ...hd, levelIdc: 10 }, 16],
  ['more reference frames than the level allows', { ...hd, maxNumRefFrames: 8 }, 8],
])('%s', (_name, options, pictures) => {
  expect(maxReorderPictures(parsedSps(options))).toBe(pictures);
});
