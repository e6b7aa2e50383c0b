import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CodedPicture } from '../../src/lib/h264/coded-picture.js';
import { MovieWriter } from '../../src/lib/mp4/movie-writer.js';
import { MemorySink } from '../support/memory-sink.js';
import {
  type ClipOptions,
  CREATION_TIME_MS,
  encodeClip,
  evenTimes,
  outputPlaces,
  type Picture,
  picturesOf,
  record,
} from '../support/mp4-clips.js';
import { topLevelBoxes } from '../support/mp4-golden.js';
import { decode, probe, readByMediabunny, readByMp4box } from '../support/mp4-judges.js';
import { ffmpeg, ffprobe, sharedStreams } from '../support/tools.js';

const noFaults = { repeated: 0, backward: 0, jumps: 0, reorderOverflows: 0 };

/** Uneven device times, milliseconds, in output order. */
function unevenTimes(count: number): number[] {
  let time = 86_400_000;
  return Array.from({ length: count }, (_, index) => {
    const now = time;
    time += [33, 34, 100, 67, 250][index % 5] ?? 33;
    return now;
  });
}

/** Device times in decoding order, for pictures that carry the time at which they are to be shown. */
function shownTimes(pictures: readonly Picture[], inOutputOrder: readonly number[]): number[] {
  return outputPlaces(pictures).map((place) => inOutputOrder[place] ?? 0);
}

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

describe.skipIf(!ffmpeg || !ffprobe)('MovieWriter (needs ffmpeg)', () => {
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
    expect(decoded.times.map((time) => time / 90 + 86_400_000)).toEqual(times);
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

  describe('before it is finished', () => {
    it.each([0, 2])('plays up to the last fragment with %i B pictures', async (bFrames) => {
      const clip = encodeClip({ frames: 40, bFrames, gop: 8 });
      const whole = decode(clip, 'stream.h264').pictures;
      const pictures = picturesOf(clip);
      const times = shownTimes(pictures, unevenTimes(40));
      const { unfinished, parts } = await record(pictures, times);
      const file = unfinished[0] ?? Buffer.alloc(0);
      const moofs = topLevelBoxes(file).filter((box) => box.type === 'moof');
      expect(moofs.length).toBeGreaterThan(2);
      let before = 0;
      for (const end of [...moofs.slice(1).map((box) => box.at), file.length]) {
        const { pictures: played, complaints } = decode(file.subarray(0, end), 'stream.mp4');
        expect(complaints).toBe('');
        expect(played.length).toBeGreaterThan(before);
        expect(played).toEqual(whole.slice(0, played.length));
        before = played.length;
      }
      // ffmpeg moves the times of fragments with negative composition offsets; mp4box reads what is written.
      const read = readByMp4box(file);
      expect(read.isFragmented).toBe(true);
      expect(read.samples).toHaveLength(before);
      const finished = readByMp4box(parts[0] ?? Buffer.alloc(0)).samples;
      expect(read.samples).toEqual(finished.slice(0, before));
    });

    it('has the times of the device for ffmpeg', async () => {
      const pictures = picturesOf(encodeClip({ frames: 40 }));
      const times = unevenTimes(40);
      const { unfinished } = await record(pictures, times);
      const { samples } = probe(unfinished[0] ?? Buffer.alloc(0));
      const due = times.slice(0, samples.length).map((time) => time - (times[0] ?? 0));
      expect(samples.map((sample) => sample.pts / 90)).toEqual(due);
    });

    it('plays what came before a cut within a fragment', async () => {
      const clip = encodeClip({ frames: 40 });
      const whole = decode(clip, 'stream.h264').pictures;
      const { unfinished } = await record(picturesOf(clip), unevenTimes(40));
      const file = unfinished[0] ?? Buffer.alloc(0);
      const second = topLevelBoxes(file).filter((box) => box.type === 'moof')[1];
      if (!second) throw new Error('there is no second fragment');
      for (const cut of [4, second.size + 4, second.size + 50, second.size + 3000]) {
        const played = decode(file.subarray(0, second.at + cut), 'stream.mp4').pictures;
        expect(played.slice(0, 10)).toEqual(whole.slice(0, 10));
      }
    });
  });
});

describe.skipIf(!sharedStreams || !ffmpeg)(
  'MovieWriter (needs shared streams) (needs ffmpeg)',
  () => {
    const directory = sharedStreams ?? '';

    it.each([
      'webcodecs_h264.annexb',
      'BA1_FT_C.264',
      'MPS_MW_A.264',
      'SarVui.264',
      'BA_MW_D_IDR_LOST.264',
    ])('decodes to the same pictures: %s', async (name) => {
      const stream = readFileSync(join(directory, name));
      const pictures = picturesOf(stream);
      const { parts, summary } = await record(pictures, evenTimes(pictures.length, 40));
      expect(summary.frames).toBe(pictures.length);
      const decoded = parts.flatMap((part) => decode(part, 'stream.mp4').pictures);
      expect(decoded).toEqual(decode(stream, 'stream.h264').pictures);
      const read = parts.flatMap((part) => readByMp4box(part).samples);
      expect(read.map((sample) => sample.key)).toEqual(pictures.map((picture) => picture.key));
    });

    it('shows the sample aspect ratio of a stream that has one', async () => {
      const pictures = picturesOf(readFileSync(join(directory, 'SarVui.264')));
      const { parts } = await record(pictures, evenTimes(pictures.length, 40));
      expect(probe(parts[0] ?? Buffer.alloc(0)).stream['sample_aspect_ratio']).toBe('80:33');
    });

    it('shows the pictures of an encoder on Android at its own times', async () => {
      const stream = readFileSync(join(directory, 'android_encoder_176x144_60fps.h264'));
      const rows = readFileSync(join(directory, 'android_encoder_176x144_60fps.info'), 'utf8')
        .trim()
        .split('\n')
        .map((row) => row.split(' ').map(Number));
      const isPicture = (row: number[]): boolean => row[1] !== 32;
      const times = rows.filter(isPicture).map((row) => Math.trunc((row[2] ?? 0) / 1000));
      const pictures = picturesOf(stream);
      expect(pictures).toHaveLength(times.length);
      const { parts, summary } = await record(pictures, times);
      const { samples } = probe(parts[0] ?? Buffer.alloc(0));
      const first = Math.min(...times);
      expect(samples.map((sample) => sample.pts / 90)).toEqual(times.map((time) => time - first));
      expect(summary.counts).toEqual(noFaults);
      const decoded = decode(parts[0] ?? Buffer.alloc(0), 'stream.mp4');
      expect(decoded.complaints).toBe('');
      expect(decoded.pictures).toEqual(decode(stream, 'stream.h264').pictures);
    });
  },
);

describe('MovieWriter', () => {
  const description = {
    width: 16,
    height: 16,
    sampleAspectRatio: undefined,
    colour: undefined,
    codec: 'avc1.42E01F',
    avcC: Uint8Array.of(1, 0x42, 0xe0, 0x1f, 0xff, 0xe0, 0),
    maxReorderPictures: 0,
    frameRate: undefined,
  };

  function picture(index: number): CodedPicture<undefined> {
    return {
      nalUnits: [Uint8Array.of(0x65, index)],
      key: true,
      order: { epoch: index, count: 0 },
      tag: undefined,
      newDescription: index === 0 ? description : undefined,
    };
  }

  it('makes nothing of nothing', async () => {
    const writer = new MovieWriter({
      creationTimeMs: 0,
      openPart() {
        throw new Error('no part is needed');
      },
    });
    expect(await writer.finish()).toMatchObject({ parts: [], frames: 0, durationMs: 0 });
  });

  it('rejects when the file cannot be written, and says so before', async () => {
    const sink = new MemorySink();
    const writer = new MovieWriter({ creationTimeMs: 0, openPart: () => sink });
    for (let index = 0; index < 20; index++) writer.add(picture(index), index * 100, undefined);
    sink.failure = new Error('the disk is full');
    await expect(writer.finish()).rejects.toThrow('the disk is full');
    await expect(writer.finish()).rejects.toThrow('the disk is full');
    expect(writer.failure).toBe(sink.failure);
  });

  it('keeps going, and rejects, when a part cannot be opened', async () => {
    const refused = new Error('there is such a file');
    const writer = new MovieWriter({
      creationTimeMs: 0,
      openPart() {
        throw refused;
      },
    });
    for (let index = 0; index < 20; index++) writer.add(picture(index), index * 100, undefined);
    expect(writer.failure).toBe(refused);
    await expect(writer.finish()).rejects.toBe(refused);
  });

  it('does not mind times that are no times', async () => {
    const sink = new MemorySink();
    const writer = new MovieWriter({ creationTimeMs: 0, openPart: () => sink });
    const times = [5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 60), 1e300, 0.5];
    for (const [index, time] of times.entries()) writer.add(picture(index), time, undefined);
    const summary = await writer.finish();
    expect(summary.frames).toBe(times.length);
    expect(summary.counts).toMatchObject({ repeated: 2, jumps: 4 });
  });

  it('says how many bytes wait', () => {
    const writer = new MovieWriter({ creationTimeMs: 0, openPart: () => new MemorySink() });
    writer.add(picture(0), 0, undefined);
    writer.add(picture(1), 100, undefined);
    expect(writer.pendingBytes).toBe(2 * (4 + 2));
  });
});
