import { expect, it } from 'vitest';
import { describeVideo } from '../../src/lib/h264/video-description.js';
import { sps } from '../support/h264-builder.js';
import { parsedSps } from '../support/h264-parsed.js';

it('describes what a player needs', () => {
  const options = {
    profileIdc: 77,
    levelIdc: 40,
    widthInMbs: 120,
    heightInMapUnits: 68,
    crop: [0, 0, 0, 4] as [number, number, number, number],
    vui: {
      extendedSar: [4, 3] as [number, number],
      colour: [1, 1, 1] as [number, number, number],
      fullRange: true,
      timing: { numUnitsInTick: 1001, timeScale: 60_000 },
      reorder: { maxNumReorderFrames: 2, maxDecFrameBuffering: 4 },
    },
  };
  const sets = { sps: [sps(options)], pps: [], spsExtensions: [] };
  const { avcC, ...description } = describeVideo(sets, parsedSps(options));
  expect(description).toEqual({
    width: 1920,
    height: 1080,
    sampleAspectRatio: { width: 4, height: 3 },
    colour: { primaries: 1, transfer: 1, matrix: 1, fullRange: true },
    codec: 'avc1.4D0028',
    maxReorderPictures: 2,
    frameRate: { numerator: 30_000, denominator: 1001 },
    mayHaveFieldPictures: false,
  });
  expect(Buffer.from(avcC).includes(sps(options))).toBe(true);
});

it('leaves out what the stream does not say', () => {
  const sets = { sps: [sps()], pps: [], spsExtensions: [] };
  expect(describeVideo(sets, parsedSps())).toMatchObject({
    sampleAspectRatio: undefined,
    colour: undefined,
    frameRate: undefined,
  });
});

it('keeps the largest timing values exact', () => {
  const timing = { numUnitsInTick: 0xffff_ffff, timeScale: 0xffff_fffe };
  const sets = { sps: [sps()], pps: [], spsExtensions: [] };
  const { frameRate } = describeVideo(sets, parsedSps({ vui: { timing } }));
  expect(frameRate).toEqual({ numerator: 0x7fff_ffff, denominator: 0xffff_ffff });
});
