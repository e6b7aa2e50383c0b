import { describe, expect, it } from 'vitest';
import {
  type ClipOptions,
  CREATION_TIME_MS,
  encodeClip,
  evenTimes,
  noFaults,
  picturesOf,
  record,
  shownTimes,
  UNEVEN_FROM_MS,
  unevenTimes,
} from '../support/mp4-clips.js';
import { topLevelBoxes } from '../support/mp4-golden.js';
import { decode, probe, readByMediabunny, readByMp4box } from '../support/mp4-judges.js';
import { ffmpeg, ffprobe } from '../support/tools.js';

const rising = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Everything that the readers have to agree upon, for one clip whose times are exact. */
async function judge(options: ClipOptions, times = unevenTimes(options.frames)) {
  const stream = encodeClip(options);
  const pictures = picturesOf(stream);
  expect(pictures).toHaveLength(options.frames);
  const timesMs = shownTimes(pictures, times);
  const { parts, summary } = await record(pictures, timesMs);
  const mp4 = parts[0] ?? Buffer.alloc(0);
  expect(parts).toHaveLength(1);
  expect(summary).toMatchObject({ frames: options.frames, bytes: mp4.length, counts: noFaults });
  expect(topLevelBoxes(mp4).map((box) => box.type)).toEqual(['ftyp', 'mdat', 'moov']);

  const first = Math.min(...timesMs);
  const { stream: probed, samples } = probe(mp4);
  expect(probed).toMatchObject({ codec_name: 'h264', time_base: '1/90000' });
  expect(samples.map((sample) => sample.pts / 90)).toEqual(timesMs.map((time) => time - first));
  expect(samples.map((sample) => sample.key)).toEqual(pictures.map((picture) => picture.key));

  const decoded = decode(mp4, 'stream.mp4');
  expect(decoded.complaints).toBe('');
  expect(decoded.pictures).toEqual(decode(stream, 'stream.h264').pictures);
  expect(decoded.times.map((time) => time / 90)).toEqual(
    rising(timesMs).map((time) => time - first),
  );

  const boxed = readByMp4box(mp4);
  expect(boxed.isFragmented).toBe(false);
  expect(boxed.created.getTime()).toBe(CREATION_TIME_MS);
  const bunny = await readByMediabunny(mp4);
  const plain = ({ pts, size, key }: (typeof samples)[number]) => ({ pts, size, key });
  expect(boxed.samples.map(plain)).toEqual(samples.map(plain));
  expect(bunny.samples.map(plain)).toEqual(samples.map(plain));
  const durations = boxed.samples.map((sample) => sample.duration);
  expect(durations.every((duration) => duration > 0)).toBe(true);
  // Where there are composition offsets, ffprobe reckons durations from the average rate instead of reading them.
  const reordered = boxed.samples.some((sample) => sample.pts !== sample.dts);
  if (!reordered) expect(samples.map((sample) => sample.duration)).toEqual(durations);
  expect(bunny.codec?.toLowerCase()).toBe(summary.parts[0]?.codec.toLowerCase());
  return { mp4, pictures, summary, probed, samples, boxed, bunny };
}

describe.skipIf(!ffmpeg || !ffprobe)('finished files (needs ffmpeg)', () => {
  it('makes a file of which every reader says the same', async () => {
    const { summary, samples, boxed, mp4 } = await judge({ frames: 25 });
    // 33+34+100+67+250 for each five pictures; the last one lasts the median.
    expect(summary.durationMs).toBe(5 * 484 - 250 + 67);
    expect(samples.at(-1)?.duration).toBe(67 * 90);
    expect(boxed.samples.reduce((sum, sample) => sum + sample.duration, 0)).toBe(2237 * 90);
    expect(summary.parts[0]).toMatchObject({
      number: 1,
      startMs: 0,
      keyFrames: 3,
      width: 176,
      height: 144,
      bytes: mp4.length,
    });
  });

  it('keeps the order of reordered pictures that carry the times at which they are shown', async () => {
    const options = { frames: 40, gop: 16, bFrames: 3, encoder: ['-x264-params', 'b-pyramid=2'] };
    const { boxed } = await judge(options);
    expect(boxed.samples.some((sample) => sample.pts < sample.dts)).toBe(true);
  });

  it('cuts long groups of reordered pictures into fragments without harm', async () => {
    const options = { frames: 60, gop: 60, bFrames: 2 };
    const stream = encodeClip(options);
    const pictures = picturesOf(stream);
    const { unfinished } = await record(pictures, shownTimes(pictures, unevenTimes(60)));
    const fragments = topLevelBoxes(unfinished[0] ?? Buffer.alloc(0));
    expect(fragments.filter((box) => box.type === 'moof').length).toBeGreaterThan(1);
    await judge(options);
  });

  it('shows reordered pictures in order when their times only rise', async () => {
    const stream = encodeClip({ frames: 30, gop: 15, bFrames: 2 });
    const pictures = picturesOf(stream);
    const times = unevenTimes(30);
    const { parts, summary } = await record(pictures, times);
    const decoded = decode(parts[0] ?? Buffer.alloc(0), 'stream.mp4');
    expect(decoded.complaints).toBe('');
    expect(decoded.pictures).toEqual(decode(stream, 'stream.h264').pictures);
    expect(decoded.times.map((time) => time / 90 + UNEVEN_FROM_MS)).toEqual(times);
    expect(summary.counts).toEqual(noFaults);
  });

  it.each([
    { frames: 6, size: '1920x1440', fps: 10, gop: 5 },
    { frames: 12, size: '1280x720', fps: 30, gop: 6 },
    { frames: 6, gop: 1 },
    { frames: 1 },
    { frames: 8, encoder: ['-slices', '4'] },
    { frames: 8, gop: 4, encoder: ['-x264-params', 'repeat-headers=1:aud=1'] },
  ])('takes %o', async (options) => {
    await judge(options);
  });

  it('gives the size that is shown, with the sample aspect ratio and the colours', async () => {
    const encoder = ['-color_primaries', 'bt709', '-color_trc', 'iec61966-2-1'];
    const { probed, bunny, boxed } = await judge({
      frames: 2,
      size: '320x180', // coded as 320x192
      filter: 'setsar=4/3',
      encoder: [...encoder, '-colorspace', 'smpte170m', '-color_range', 'pc'],
    });
    expect(probed).toMatchObject({
      width: 320,
      height: 180,
      sample_aspect_ratio: '4:3',
      color_primaries: 'bt709',
      color_transfer: 'iec61966-2-1',
      color_space: 'smpte170m',
      color_range: 'pc',
    });
    expect(bunny).toMatchObject({ displayWidth: 427, displayHeight: 180 });
    expect(bunny.colour).toMatchObject({
      primaries: 'bt709',
      matrix: 'smpte170m',
      fullRange: true,
    });
    expect(boxed.track.track_width).toBeCloseTo(426.667, 2);
    expect(boxed.track.video).toEqual({ width: 320, height: 180 });
  });

  it('invents no colours', async () => {
    const { bunny, probed, mp4 } = await judge({ frames: 1 });
    expect(bunny.colour.primaries).toBeUndefined();
    expect(probed['color_space']).toBeUndefined();
    expect(mp4.includes('colr')).toBe(false);
  });

  it('keeps the exact rate of a stream that is muxed again at a constant one', async () => {
    const pictures = picturesOf(encodeClip({ frames: 31 }));
    const { parts } = await record(pictures, evenTimes(31, 1001 / 30, 0));
    const { samples } = probe(parts[0] ?? Buffer.alloc(0));
    expect(new Set(samples.map((sample) => sample.duration))).toEqual(new Set([3003]));
  });

  it('gives repeated and backward times one tick, and counts them', async () => {
    const pictures = picturesOf(encodeClip({ frames: 12 }));
    const times = [0, 100, 100, 200, 300, 250, 400, 500, 500, 500, 600, 700];
    const { parts, summary } = await record(pictures, times);
    const ms = [0, 100, 100, 200, 300, 300, 400, 500, 500, 500, 600, 700];
    const { samples } = probe(parts[0] ?? Buffer.alloc(0));
    expect(samples.map((sample) => Math.floor(sample.pts / 90))).toEqual(ms);
    expect(samples.every((sample) => sample.duration > 0)).toBe(true);
    expect(summary.counts).toEqual({ ...noFaults, repeated: 3, backward: 1 });
    expect(decode(parts[0] ?? Buffer.alloc(0), 'stream.mp4').pictures).toHaveLength(12);
  });

  it('takes a leap of two hours for what it is, in either direction', async () => {
    const pictures = picturesOf(encodeClip({ frames: 30 }));
    const arrivals = evenTimes(30, 100);
    const times = arrivals.map((time, index) => time + (index < 12 || index > 20 ? 0 : 7_200_000));
    const { parts, summary } = await record(pictures, times, arrivals);
    const { samples } = probe(parts[0] ?? Buffer.alloc(0));
    expect(samples.map((sample) => sample.pts / 90)).toEqual(evenTimes(30, 100, 0));
    expect(summary.counts).toEqual({ ...noFaults, jumps: 2 });
  });

  it('keeps a true pause of two hours', async () => {
    const pictures = picturesOf(encodeClip({ frames: 20 }));
    const times = evenTimes(20, 100).map((time, index) => time + (index < 12 ? 0 : 7_200_000));
    const { parts, summary } = await record(pictures, times, times);
    const { samples } = probe(parts[0] ?? Buffer.alloc(0));
    expect(samples.map((sample) => sample.pts / 90)).toEqual(times.map((time) => time - 1_000_000));
    expect(summary.counts).toEqual(noFaults);
  });

  it('begins another file where the description changes, on the same timeline', async () => {
    const small = encodeClip({ frames: 10 });
    const large = encodeClip({ frames: 10, size: '320x240' });
    const stream = Buffer.concat([small, large, small]);
    const times = unevenTimes(30);
    const { parts, summary } = await record(picturesOf(stream), times);
    expect(parts).toHaveLength(3);
    expect(summary.parts.map(({ width, frames }) => ({ width, frames }))).toEqual([
      { width: 176, frames: 10 },
      { width: 320, frames: 10 },
      { width: 176, frames: 10 },
    ]);
    const startOf = (index: number): number => (times[index] ?? 0) - (times[0] ?? 0);
    expect(summary.parts.map((part) => part.startMs)).toEqual([0, startOf(10), startOf(20)]);
    expect(summary.parts[0]?.durationMs).toBe(startOf(10));
    const pictures: string[] = [];
    for (const [index, part] of parts.entries()) {
      const { samples } = probe(part);
      const from = times[index * 10] ?? 0;
      expect(samples.map((sample) => sample.pts / 90)).toEqual(
        times.slice(index * 10, index * 10 + 10).map((time) => time - from),
      );
      const decoded = decode(part, 'stream.mp4');
      expect(decoded.complaints).toBe('');
      pictures.push(...decoded.pictures);
    }
    const judged = [small, large, small].flatMap((part) => decode(part, 'stream.h264').pictures);
    expect(pictures).toEqual(judged);
  });

  it('writes the same bytes from the same pictures and times', async () => {
    const pictures = picturesOf(encodeClip({ frames: 20, bFrames: 2 }));
    const times = shownTimes(pictures, unevenTimes(20));
    const once = await record(pictures, times);
    const again = await record(pictures, times);
    expect(once.parts[0]?.equals(again.parts[0] ?? Buffer.alloc(0))).toBe(true);
  });
});
