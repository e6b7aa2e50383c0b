import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CodedPicture } from '../../src/lib/h264/coded-picture.js';
import { toBytes } from '../../src/lib/mp4/box.js';
import { ftyp, largeMdatHeader } from '../../src/lib/mp4/box-file.js';
import { completeMoov } from '../../src/lib/mp4/moov.js';
import { type ByteSource, readMp4 } from '../../src/lib/mp4/read-file.js';
import type { ReadMovie } from '../../src/lib/mp4/read-moov.js';
import { sampleAt } from '../../src/lib/mp4/read-samples.js';
import { SampleTable } from '../../src/lib/mp4/sample-table.js';
import { CREATION_TIME_MS, record } from '../support/mp4-clips.js';
import { topLevelBoxes } from '../support/mp4-golden.js';
import { readByMp4box } from '../support/mp4-judges.js';
import { videoDescription } from '../support/video-description.js';

const description = {
  ...videoDescription,
  width: 1920,
  height: 1080,
  sampleAspectRatio: { width: 4, height: 3 },
  maxReorderPictures: 1,
};

/** Groups of ten pictures, each pair of them reordered. The NAL units hold nothing. */
const pictures: CodedPicture<undefined>[] = Array.from({ length: 40 }, (_, index) => ({
  nalUnits: [new Uint8Array(5 + index).fill(0x41), Uint8Array.of(0x41)],
  key: index % 10 === 0,
  order: {
    epoch: Math.floor(index / 10),
    count: [0, 4, 2, 8, 6, 12, 10, 16, 14, 18][index % 10] ?? 0,
  },
  tag: undefined,
  newDescription: index === 0 ? description : undefined,
}));
const times = pictures.map(({ order }) => order.epoch * 1000 + order.count * 50 + order.count ** 2);

const recording = record(pictures, times);

async function finished(): Promise<Buffer> {
  return (await recording).parts[0] ?? Buffer.alloc(0);
}

function source(bytes: Uint8Array): ByteSource {
  return {
    length: bytes.length,
    read: async (position, length) => bytes.subarray(position, position + length),
  };
}

const read = (bytes: Uint8Array) => readMp4(source(bytes));

async function movieOf(bytes: Uint8Array): Promise<ReadMovie> {
  const file = await read(bytes);
  if (file.state !== 'finished') throw new Error(`the file is ${file.state}`);
  return file.movie;
}

describe('readMp4', () => {
  it('finds in a finished file what mp4box finds', async () => {
    const bytes = await finished();
    const movie = await movieOf(bytes);
    const { samples, avcC, ...facts } = movie;
    expect(facts).toEqual({
      creationTimeMs: CREATION_TIME_MS,
      timescale: 90_000,
      duration: samples.durations.reduce((sum, duration) => sum + duration, 0),
      width: 1920,
      height: 1080,
    });
    expect(Buffer.from(avcC).equals(description.avcC)).toBe(true);
    const ours = Array.from({ length: samples.count }, (_, index) => sampleAt(samples, index));
    const judged = readByMp4box(bytes).samples.map(({ pts, dts, duration, size, key, offset }) => ({
      offset,
      size,
      decodeTime: dts,
      duration,
      compositionOffset: pts - dts,
      key,
    }));
    expect(ours).toEqual(judged);
    expect(judged).toHaveLength(40);
    expect(judged.some((sample) => sample.compositionOffset < 0)).toBe(true);
    expect(sampleAt(samples, 40)).toBeUndefined();
  });

  it('finds what lies beyond 4 GiB, and lasts longer than 32 bits can tell', async () => {
    const table = new SampleTable();
    const sample = { size: 7, duration: 2_000_000_000, compositionOffset: 0, key: true };
    table.addChunk(0x1000, [sample]);
    table.addChunk(0xffff_fff8, [sample]);
    table.addChunk(0x1_0000_0001, [sample, { ...sample, key: false }]);
    const front = Buffer.concat([toBytes(ftyp()), largeMdatHeader(0x1_4000_0000)]);
    const moovAt = toBytes(ftyp()).length + 0x1_4000_0000;
    const moov = toBytes(completeMoov({ description, creationTimeMs: CREATION_TIME_MS }, table));
    const file = await readMp4({
      length: moovAt + moov.length,
      read: async (position, length) => {
        const [bytes, at] = position < moovAt ? [front, position] : [moov, position - moovAt];
        return bytes.subarray(at, at + length);
      },
    });
    if (file.state !== 'finished') throw new Error(`the file is ${file.state}`);
    expect(file.movie).toMatchObject({
      creationTimeMs: CREATION_TIME_MS,
      timescale: 90_000,
      duration: 8_000_000_000,
    });
    const { offsets, decodeTimes } = file.movie.samples;
    expect([...offsets]).toEqual([0x1000, 0xffff_fff8, 0x1_0000_0001, 0x1_0000_0008]);
    expect([...decodeTimes]).toEqual([0, 2e9, 4e9, 6e9]);
  });

  it('takes one size for all samples, and all for key samples where none are named, as ffmpeg writes', async () => {
    const alike = pictures.map((picture) => ({
      ...picture,
      nalUnits: [new Uint8Array(20).fill(0x41)],
    }));
    const bytes = (await record(alike, times)).parts[0] ?? Buffer.alloc(0);
    const { samples } = await movieOf(bytes);
    const stsz = bytes.lastIndexOf('stsz') + 4;
    bytes.writeUInt32BE(24, stsz + 4);
    bytes.fill(0xff, stsz + 12, stsz + 12 + 4 * 40);
    bytes.write('free', bytes.lastIndexOf('stss'));
    const { samples: found } = await movieOf(bytes);
    expect(found.sizes).toEqual(samples.sizes);
    expect(found.offsets).toEqual(samples.offsets);
    expect(found.keys.every((key) => key === 1)).toBe(true);
    expect(samples.keys.every((key) => key === 1)).toBe(false);
  });

  it('knows a file that has not been finished, wherever it was cut off', async () => {
    const bytes = (await recording).unfinished[0] ?? Buffer.alloc(0);
    const moov = topLevelBoxes(bytes)[2];
    const afterMoov = (moov?.at ?? 0) + (moov?.size ?? 0);
    for (let end = afterMoov; end <= bytes.length; end += 7) {
      expect(await read(bytes.subarray(0, end))).toEqual({ state: 'unfinished' });
    }
  });

  it('knows a file whose moov was appended but whose header was not rewritten', async () => {
    const bytes = Buffer.from(await finished());
    const before = (await recording).unfinished[0] ?? Buffer.alloc(0);
    before.copy(bytes, 0, 0, 100);
    expect(await read(bytes)).toEqual({ state: 'unfinished' });
  });

  it('knows a file whose header was rewritten but whose moov is lost', async () => {
    const bytes = await finished();
    const moovAt = topLevelBoxes(bytes)[2]?.at ?? 0;
    expect(await read(bytes.subarray(0, moovAt))).toEqual({
      state: 'damaged',
      reason: 'there is no moov',
    });
    const zeroed = Buffer.from(bytes).fill(0, moovAt);
    expect(await read(zeroed)).toMatchObject({ state: 'damaged' });
    expect(await read(bytes.subarray(0, -1))).toMatchObject({ state: 'damaged' });
  });

  it('knows what is no MP4', async () => {
    expect(await read(Buffer.alloc(0))).toMatchObject({ state: 'foreign' });
    expect(await read(Buffer.from('short'))).toMatchObject({ state: 'foreign' });
    expect(await read(Buffer.from('a text of some length that is no MP4'))).toEqual({
      state: 'foreign',
      reason: 'it does not begin with ftyp',
    });
  });

  it.each([
    ['stsz', 'stsz tells of 4294967295 samples', 8],
    ['stts', 'stts ends early', 4],
    ['ctts', 'ctts ends early', 4],
    ['stss', 'stss ends early', 4],
    ['stsc', 'stsc ends early', 4],
    ['stco', 'the table of chunks ends early', 4],
    ['stts', 'stts and stsz differ in the number of samples', 8],
    ['stco', 'sample 1 lies outside of the media data', 8],
  ])('refuses a file whose %s is wrong: %s', async (table, reason, at) => {
    const bytes = Buffer.from(await finished());
    bytes.writeUInt32BE(0xffff_ffff, bytes.lastIndexOf(table) + 4 + at);
    expect(await read(bytes)).toEqual({ state: 'damaged', reason });
  });

  it('refuses samples that last no time', async () => {
    const bytes = Buffer.from(await finished());
    bytes.writeUInt32BE(0, bytes.lastIndexOf('stts') + 4 + 12);
    expect(await read(bytes)).toEqual({ state: 'damaged', reason: 'a sample lasts no time' });
  });

  it('refuses a track that is no AVC video', async () => {
    for (const [type, replacement] of [
      ['avc1', 'hvc1'],
      ['avcC', 'free'],
      ['vide', 'soun'],
      ['stbl', 'free'],
      ['stsz', 'free'],
    ] as const) {
      const bytes = Buffer.from(await finished());
      bytes.write(replacement, bytes.lastIndexOf(type));
      expect(await read(bytes)).toMatchObject({ state: 'damaged' });
    }
  });

  it('never throws, whatever is changed', async () => {
    const bytes = await finished();
    const moovAt = topLevelBoxes(bytes)[2]?.at ?? 0;
    const change = fc.tuple(
      fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: moovAt, max: bytes.length - 1 })),
      fc.integer({ min: 0, max: 255 }),
    );
    const states = ['finished', 'unfinished', 'damaged', 'foreign'];
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const changed = Buffer.from(bytes);
        for (const [at, value] of changes) changed[at] = value;
        expect(states).toContain((await read(changed)).state);
      }),
      { numRuns: 300 },
    );
  });
});
