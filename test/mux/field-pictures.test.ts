/** Fields of interlaced video as pictures of their own: the built-in engine refuses them, and ffmpeg makes samples of each. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  annexB,
  pps,
  type SliceOptions,
  type SpsOptions,
  slice,
  sps,
} from '../support/h264-builder.js';
import { probe } from '../support/mp4-judges.js';
import {
  crashed,
  foreign,
  manifestIn,
  muxAll,
  packetOf,
  recorded,
} from '../support/mux-sessions.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { ffmpeg, ffprobe } from '../support/tools.js';

/** 25 frames, of two fields each, in a second. */
const interlaced: SpsOptions = {
  profileIdc: 77,
  frameMbsOnly: false,
  heightInMapUnits: 5,
  vui: { timing: { numUnitsInTick: 1, timeScale: 50 } },
};
const sets = [sps(interlaced), pps()];

/** What becomes one frame: a frame, or the two fields of one. */
function frame(number: number, kind: 'frame' | 'fields'): Buffer[] {
  const key = number === 0;
  const options: SliceOptions = {
    sps: interlaced,
    frameNum: number % 16,
    picOrderCntLsb: 2 * number,
  };
  if (kind === 'frame') return [slice({ ...options, idr: key })];
  const bottom = { ...options, field: 'bottom' as const, picOrderCntLsb: 2 * number + 1 };
  return [slice({ ...options, idr: key, field: 'top' }), slice(bottom)];
}

const FRAMES = 20;
const allFields = Array.from({ length: FRAMES }, (_, number) => frame(number, 'fields'));
const someFields = Array.from({ length: FRAMES }, (_, number) =>
  frame(number, number % 4 === 1 ? 'fields' : 'frame'),
);

/** A frame in each packet, 100 ms apart. */
const packets = (frames: readonly Buffer[][]) => [
  packetOf(annexB(sets), 0, 0, 1e12),
  ...frames.map((units, index) =>
    packetOf(annexB(units), index + 1, 5000 + 100 * index, 1e12 + 100 * index),
  ),
];

describe('a session with fields and frames', () => {
  it('is refused though it has an MP4, which lacks the fields', async () => {
    const session = await recorded(await temporaryDirectory(), packets(someFields));
    expect(await manifestIn(session)).toMatchObject({ state: 'failed', parts: [{ frames: 15 }] });
    const [result] = await muxAll([session]);
    expect(result).toMatchObject({ skipped: null, error: { code: 'STREAM_UNSUPPORTED' } });
    expect(result?.error?.hint).toContain('--engine ffmpeg');
  });
});

describe.skipIf(!ffmpeg || !ffprobe)('the ffmpeg engine (needs ffmpeg)', () => {
  it.each([
    ['fields', allFields, 40],
    ['fields and frames', someFields, 25],
  ] as const)(
    'gives a session of %s its own length, as it is told to',
    async (_what, frames, samples) => {
      const session = await recorded(await temporaryDirectory(), packets(frames));
      expect((await manifestIn(session)).reasonText).toContain('camrec mux --engine ffmpeg');
      const [result] = await muxAll([session], { engine: 'ffmpeg' });
      expect(result).toMatchObject({ error: null, skipped: null, frames: samples });
      // By the rule of the original server, 20 frames in the 1.9 s from the first to the last; ffmpeg cuts the last short.
      expect(Math.abs((result?.durationMs ?? 0) - 1900)).toBeLessThan(50);
      expect(await manifestIn(session)).toMatchObject({
        state: 'recovered',
        parts: [{ engine: 'ffmpeg' }],
      });
      expect((await muxAll([session]))[0]?.skipped).toBe('it has a good MP4');
    },
  );

  it.each([
    ['tells', undefined, FRAMES / 25],
    ['is given', 10, FRAMES / 10],
  ])(
    'takes the rate that a raw stream of fields %s for that of whole frames',
    async (_what, fps, seconds) => {
      const directory = await foreign(
        await temporaryDirectory(),
        annexB([...sets, ...allFields.flat()]),
      );
      const [result] = await muxAll([directory], { engine: 'ffmpeg', fps });
      expect(result).toMatchObject({ error: null, frames: 2 * FRAMES });
      expect(result?.warnings).toContainEqual(expect.stringContaining('40 field pictures'));
      expect(result?.warnings?.join()).not.toContain('built-in engine');
      const { stream, samples } = probe(await readFile(join(directory, 'stream.mp4')));
      const ticks = Number(stream.time_base.split('/')[1]);
      const step = (samples[1]?.pts ?? 0) - (samples[0]?.pts ?? 0);
      expect(step / ticks).toBeCloseTo(seconds / (2 * FRAMES), 3);
    },
  );

  it('gives a session whose index is lost the length of its frames too', async () => {
    const session = await crashed(await temporaryDirectory(), packets(allFields));
    await rm(join(session, 'frames.csv'));
    const [result] = await muxAll([session], { engine: 'ffmpeg' });
    expect(result).toMatchObject({ error: null, frames: 2 * FRAMES });
    expect(Math.abs((result?.durationMs ?? 0) - FRAMES * 40)).toBeLessThan(50);
  });
});
