/**
 * Muxing judged by tools that are not ours: ffmpeg has to decode the same pictures in the same order from the MP4 as
 * from the raw stream, and mp4box has to find the same times and sizes as ffprobe.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cutIntoPictures } from '../../src/lib/simulate/cut-pictures.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import {
  GENERATED_STREAMS,
  generateM2ts,
  generateMp4,
  generateMpeg2,
  generateStream,
} from '../support/h264-clips.js';
import { decode, probe, readByMp4box } from '../support/mp4-judges.js';
import {
  crashed,
  failedChecks,
  fastDisk,
  filesOf,
  foreign,
  manifestIn,
  muxAll,
  packetOf,
  recorded,
  writeManifestIn,
} from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { ffmpeg, ffprobe, sharedStreams } from '../support/tools.js';

/** Muxes a raw stream at 25 pictures a second and holds the MP4 against it. */
async function judge(stream: Buffer, name: string): Promise<void> {
  const directory = await temporaryDirectory();
  const file = join(directory, name);
  await writeFile(file, stream);
  const [result] = await muxAll([file], { fps: 25 });
  expect(result?.error).toBeNull();
  const parts = await Promise.all((result?.mp4 ?? []).map((path) => readFile(path)));
  const decoded = parts.map((part) => decode(part, 'stream.mp4'));
  const raw = decode(stream, 'stream.h264');
  expect(decoded.flatMap(({ pictures }) => pictures)).toEqual(raw.pictures);
  if (raw.complaints === '') expect(decoded.map(({ complaints }) => complaints).join('')).toBe('');
  for (const part of parts) {
    const read = readByMp4box(part).samples;
    const probed = probe(part).samples;
    // ffprobe calls the first picture of an open group a key picture, whatever the file says.
    const shown = ({ pts, size }: (typeof probed)[number]) => ({ pts, size });
    expect(read.map(shown)).toEqual(probed.map(shown));
    const times = read.map(({ pts }) => pts).sort((a, b) => a - b);
    expect(times).toEqual(times.map((_, index) => index * 3600));
  }
}

describe.skipIf(!ffmpeg || !ffprobe)('generated streams (needs ffmpeg)', () => {
  it.each(Object.entries(GENERATED_STREAMS))(
    'are the same pictures: %s',
    async (_name, options) => {
      await judge(generateStream(options), 'film.h264');
    },
  );

  it('are shown in the order of the stream where a key picture is lost and nothing is reordered', async () => {
    const groups = 'bframes=1:b-adapt=1:b-bias=-100:keyint=12:min-keyint=12:scenecut=0';
    const { config, pictures } = cutIntoPictures(generateStream({ profile: 'main', x264: groups }));
    const kept = pictures.filter((_, index) => index !== 12).map(({ bytes }) => bytes);
    await judge(Buffer.concat([...config, ...kept]), 'film.h264');
  });

  it('as sessions with times that go back and forth stand at these times', async () => {
    const options = { profile: 'high', x264: 'bframes=3:b-pyramid=normal:b-adapt=0' };
    const stream = generateStream(options);
    const { config, pictures } = cutIntoPictures(stream);
    const placed = probe(generateMp4(options)).samples.map(({ pts }) => pts);
    const ranks = placed.map((pts) => placed.filter((other) => other < pts).length);
    const times = ranks.map((rank) => 40_000 + 33 * rank + (rank % 3));
    const packets = [
      packetOf(Buffer.concat(config), 0, 0),
      ...pictures.map(({ bytes }, index) => packetOf(bytes, index + 1, times[index] ?? 0)),
    ];
    const session = await recorded(await temporaryDirectory(), packets);
    const [result] = await muxAll([session], { force: true });
    const mp4 = await readFile(result?.mp4[0] ?? '');
    const first = Math.min(...times);
    expect(probe(mp4).samples.map(({ pts }) => pts / 90)).toEqual(times.map((at) => at - first));
    expect(decode(mp4, 'stream.mp4').pictures).toEqual(decode(stream, 'stream.h264').pictures);
  });
});

describe.skipIf(!ffmpeg || !ffprobe)('the ffmpeg engine (needs ffmpeg)', () => {
  it('copies at a constant rate', async () => {
    const stream = generateStream({ profile: 'main', x264: 'bframes=0', frames: 12 });
    const directory = await foreign(await temporaryDirectory(), stream);
    const [result] = await muxAll([directory], { engine: 'ffmpeg', fps: 12 });
    expect(result).toMatchObject({ engine: 'ffmpeg', frames: 12, error: null });
    const mp4 = await readFile(result?.mp4[0] ?? '');
    expect(decode(mp4, 'stream.mp4').pictures).toEqual(decode(stream, 'stream.h264').pictures);
  });

  it.each([true, false])('lets nobody else read what it makes, faststart %s', async (faststart) => {
    const stream = generateStream({ profile: 'main', x264: 'bframes=0', frames: 4 });
    const directory = await foreign(await temporaryDirectory(), stream);
    const output = join(directory, 'film.mp4');
    expect(
      (await muxAll([directory], { engine: 'ffmpeg', output, faststart }))[0]?.error,
    ).toBeNull();
    expect((await stat(output)).mode & 0o777).toBe(0o600);
  });

  it.each(['directory', 'file'])(
    'keeps the good MP4 of a %s when the copy has no picture',
    async (kind) => {
      const directory = await foreign(await temporaryDirectory(), withoutKeyPictures());
      const path = kind === 'file' ? join(directory, 'stream.h264') : directory;
      expect((await muxAll([path]))[0]).toMatchObject({ error: null });
      const before = await filesOf(directory);
      const [result] = await muxAll([path], { engine: 'ffmpeg', force: true });
      expect(result?.error).toMatchObject({
        code: 'FFMPEG_FAILED',
        message: expect.stringContaining('no picture'),
      });
      expect(await filesOf(directory)).toEqual(before);
    },
  );

  it.each([
    ['says that it has no times for B pictures', 'bframes=3:b-adapt=0', ['B pictures']],
    ['has nothing to say of pictures in order', 'bframes=0', []],
  ])('%s', async (_what, x264, words) => {
    const stream = generateStream({ profile: 'main', x264, frames: 12 });
    const directory = await foreign(await temporaryDirectory(), stream);
    for (const output of [undefined, join(directory, 'film.mp4')]) {
      const [result] = await muxAll([directory], { engine: 'ffmpeg', fps: 12, output });
      expect(result).toMatchObject({ error: null, frames: 12 });
      expect(result?.warnings).toEqual(words.map((word) => expect.stringContaining(word)));
      if (output === undefined) await rm(join(directory, 'stream.mp4'));
    }
  });

  it.each(['builtin', 'ffmpeg'] as const)(
    'and the other tell why a session had failed that now has an MP4: %s',
    async (engine) => {
      const session = await recorded(await temporaryDirectory(), samplePackets(4));
      const failed = {
        state: 'failed' as const,
        ...{ reason: 'unsupported-stream', parts: [], video: null },
        reasonText: 'the stream has field pictures; try: camrec mux --engine ffmpeg',
      };
      await writeManifestIn(session, { ...(await manifestIn(session)), ...failed });
      expect((await muxAll([session], { engine }))[0]?.error).toBeNull();
      expect(await manifestIn(session)).toMatchObject({
        state: 'recovered',
        reason: 'unsupported-stream',
        reasonText: 'the stream has field pictures',
      });
    },
  );

  it('finishes a session that nobody finished, and says what was found of it', async () => {
    const session = await crashed(await temporaryDirectory(), samplePackets(12));
    const [result] = await muxAll([session], { engine: 'ffmpeg' });
    expect(result).toMatchObject({ error: null, frames: 12, recovery: { lostFrames: 0 } });
    expect(await manifestIn(session)).toMatchObject({
      ...{ state: 'recovered', reason: 'crashed' },
      parts: [{ file: 'stream.mp4', frames: 12, engine: 'ffmpeg' }],
    });
    expect(await failedChecks(session)).toEqual([]);
  });

  it('whose copy has lost pictures since is found by verifying', async () => {
    const session = await recorded(await temporaryDirectory(), samplePackets(6));
    const [long] = await muxAll([session], { engine: 'ffmpeg', force: true });
    expect(long).toMatchObject({ error: null, frames: 6 });
    expect(await failedChecks(session)).toEqual([]);
    const shorter = await recorded(await temporaryDirectory(), samplePackets(5));
    await copyFile(join(shorter, 'stream.mp4'), join(session, 'stream.mp4'));
    expect(await failedChecks(session)).toEqual(['mp4-samples: stream.mp4 not as counted']);
  });

  it('reports what ffmpeg itself says, and leaves nothing', async () => {
    const directory = await foreign(await temporaryDirectory(), Buffer.from('no video at all'));
    const [result] = await muxAll([directory], { engine: 'ffmpeg' });
    expect(result?.error?.code).toBe('FFMPEG_FAILED');
    expect(result?.error?.message).toMatch(/Invalid data|could not find|Could not find/);
    expect(await readdir(directory)).toEqual(['stream.h264']);
  });

  it('reads what the first picture tells once', async () => {
    const stream = generateStream({ profile: 'main', x264: 'bframes=3', frames: 4 });
    const directory = await foreign(await temporaryDirectory(), stream);
    const disk = new FaultyDisk(fastDisk);
    const [result] = await muxAll([directory], { engine: 'ffmpeg', disk });
    expect(result?.error).toBeNull();
    const reads = disk.calls.filter(({ name, path }) => name === 'read' && path.endsWith('.h264'));
    expect(reads).toHaveLength(1);
  });

  it('takes the pictures of a container as they are, which the other refuses by its name', async () => {
    const video = { profile: 'main', x264: 'bframes=2', frames: 12 };
    const directory = await foreign(await temporaryDirectory(), generateM2ts(video));
    const [refused] = await muxAll([directory]);
    expect(refused?.error).toMatchObject({
      code: 'STREAM_UNSUPPORTED',
      message: 'This is an MPEG transport stream, not H.264',
      hint: expect.stringContaining('--engine ffmpeg'),
    });
    expect(await readdir(directory)).toEqual(['stream.h264']);
    const [made] = await muxAll([directory], { engine: 'ffmpeg' });
    // Its own times, not those of a rate that nobody has told.
    expect(made).toMatchObject({ error: null, frames: 12, durationMs: 480, warnings: [] });
    const mp4 = decode(await readFile(join(directory, 'stream.mp4')), 'stream.mp4');
    expect(mp4.pictures).toEqual(decode(generateStream(video), 'stream.h264').pictures);
    // A rate that somebody gives changes nothing, and that is said.
    const [again] = await muxAll([directory], { engine: 'ffmpeg', force: true, fps: 5 });
    const warnings = ['--fps was not needed: an MPEG transport stream tells its times'];
    expect(again).toMatchObject({ error: null, durationMs: 480, warnings });
  });

  it('makes nothing of other video, with a container or without', async () => {
    const directory = await temporaryDirectory();
    for (const format of ['mpeg2video', 'mpegts'] as const) {
      const file = join(directory, `film.${format}`);
      await writeFile(file, generateMpeg2(format));
      const [made] = await muxAll([file], { engine: 'ffmpeg' });
      expect(made?.error?.code).toBe('FFMPEG_FAILED');
    }
    expect(await readdir(directory)).toEqual(['film.mpeg2video', 'film.mpegts']);
  });

  it('takes the rate of the index by the rule of the original server', async () => {
    const stream = generateStream({ profile: 'baseline', x264: 'bframes=0', frames: 21 });
    const { config, pictures } = cutIntoPictures(stream);
    const packets = [
      packetOf(Buffer.concat(config), 0, 0),
      // 20 intervals of 200 ms: 21 pictures in 4 seconds.
      ...pictures.map(({ bytes }, n) => packetOf(bytes, n + 1, 9000 + 50 * n, 1e12 + 200 * n)),
    ];
    const session = await recorded(await temporaryDirectory(), packets);
    const [result] = await muxAll([session], { engine: 'ffmpeg', force: true });
    expect(result).toMatchObject({ engine: 'ffmpeg', frames: 21, error: null });
    const mp4 = await readFile(result?.mp4[0] ?? '');
    const [, second] = probe(mp4).samples;
    const { time_base } = probe(mp4).stream;
    // 21 pictures in 4 seconds are 5.25 a second.
    expect((second?.pts ?? 0) / Number(time_base.split('/')[1])).toBeCloseTo(1 / 5.25, 3);
    expect(await failedChecks(session)).toEqual([]);
    // The built-in engine brings the exact one back.
    const [again] = await muxAll([session], { force: true });
    expect(again).toMatchObject({ frames: 21, durationMs: 1050 });
  });
});

describe.skipIf(!sharedStreams || !ffmpeg || !ffprobe)(
  'streams of others (needs shared streams) (needs ffmpeg)',
  () => {
    const names = sharedStreams === undefined ? [] : readdirSync(sharedStreams);
    const streams = names.filter((name) => /\.(264|h264|annexb)$/.test(name));

    it.each(streams.filter((name) => !name.startsWith('length_prefixed')))(
      'are the same pictures: %s',
      async (name) => {
        await judge(readFileSync(join(sharedStreams ?? '', name)), name);
      },
    );

    it('are read where ffmpeg reads nothing: length-prefixed NAL units', async () => {
      const directory = await temporaryDirectory();
      const file = join(directory, 'film.264');
      await writeFile(
        file,
        readFileSync(join(sharedStreams ?? '', 'length_prefixed_two_frames.264')),
      );
      const [result] = await muxAll([file]);
      expect(result).toMatchObject({ error: null, frames: 2 });
      const decoded = decode(await readFile(result?.mp4[0] ?? ''), 'stream.mp4');
      expect(decoded).toMatchObject({ complaints: '', pictures: { length: 2 } });
    });
  },
);

/** A stream that begins in the middle of a group of pictures. */
function withoutKeyPictures(): Buffer {
  const stream = generateStream({ profile: 'main', x264: 'bframes=0', frames: 12 });
  const { config, pictures } = cutIntoPictures(stream);
  return Buffer.concat([...config, ...pictures.slice(1).map(({ bytes }) => bytes)]);
}
