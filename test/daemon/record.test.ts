/**
 * The main job on real input, end to end: a phone's stream over a real socket becomes a session on disk whose MP4 is
 * judged by readers and decoders that are not ours.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutIntoPictures } from '../../src/lib/simulate/cut-pictures.js';
import { encodeClip, evenTimes, outputPlaces, picturesOf } from '../support/mp4-clips.js';
import { decode, probe, readByMediabunny, readByMp4box } from '../support/mp4-judges.js';
import {
  type SessionFiles,
  sessionFiles,
  startTestDaemon,
  type TestDaemon,
} from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';
import { ffmpeg, sharedStreams } from '../support/tools.js';

const BOOT_MS = 86_400_000;
const TICKS_PER_MS = 90;

let daemon: TestDaemon;

beforeAll(async () => {
  daemon = await startTestDaemon();
});

afterAll(() => daemon.stop());

/** Uneven intervals, as phones have them. */
function unevenTimes(count: number, intervalMs: number): number[] {
  let time = BOOT_MS;
  return Array.from({ length: count }, (_, index) => {
    const now = time;
    time += intervalMs + ((index * 7919) % 23) - 11;
    return now;
  });
}

interface Sent {
  readonly bytes: Buffer;
  readonly times: readonly number[];
}

/** Sends a stream as a phone does: configuration at timestamp 0, then one picture a packet. */
async function recordStream(
  stream: Buffer,
  times: readonly number[],
): Promise<SessionFiles & Sent> {
  const { config, pictures } = cutIntoPictures(stream);
  const phone = await TestPhone.connect(daemon.url);
  phone.status('capture_started');
  const sent: Uint8Array[] = [];
  const send = (payload: Uint8Array, time: number) => {
    sent.push(payload);
    phone.packet(payload, time);
  };
  if (config.length > 0) send(Buffer.concat(config), 0);
  pictures.forEach((picture, index) => {
    send(picture.bytes, times[index] ?? 0);
  });
  phone.status('capture_stopped');
  const session = await daemon.finished();
  expect(session).toMatchObject({ state: 'complete', reason: 'stopped', lost: 0, rejected: 0 });
  await phone.close();
  const files = await sessionFiles(session);
  expect(existsSync(session.files.thumbnail ?? '')).toBe(true);
  return { ...files, bytes: Buffer.concat(sent), times: times.slice(0, pictures.length) };
}

async function judge(recorded: SessionFiles & Sent): Promise<void> {
  expect(recorded.raw.equals(recorded.bytes)).toBe(true);
  const [first = 0] = recorded.times;
  const expected = recorded.times.map((time) => (time - first) * TICKS_PER_MS);
  expect(recorded.mp4).toHaveLength(1);
  const [mp4 = Buffer.alloc(0)] = recorded.mp4;

  const probed = probe(mp4);
  expect(probed.samples.map(({ pts }) => pts)).toEqual(expected);

  const fromMp4 = decode(mp4, 'stream.mp4');
  const fromRaw = decode(recorded.raw, 'stream.h264');
  expect(fromMp4.pictures).toEqual(fromRaw.pictures);
  expect(fromMp4.complaints).toBe(fromRaw.complaints === '' ? '' : fromMp4.complaints);

  const mediabunny = await readByMediabunny(mp4);
  const mp4box = readByMp4box(mp4);
  const plain = ({ pts, size, key }: { pts: number; size: number; key: boolean }) => ({
    pts,
    size,
    key,
  });
  // mediabunny takes the first sample of a file without any key picture for one.
  const begins = probed.samples[0]?.key ?? false;
  const judged = probed.samples.map(plain);
  expect(mediabunny.samples.map(plain).slice(begins ? 0 : 1)).toEqual(judged.slice(begins ? 0 : 1));
  expect(mp4box.samples.map(plain)).toEqual(probed.samples.map(plain));
  expect(mp4box.isFragmented).toBe(false);
}

describe.skipIf(ffmpeg === undefined)('a generated stream (needs ffmpeg)', () => {
  it('of 1920×1440 at 10 fps, parameter sets once', async () => {
    const stream = encodeClip({ frames: 12, size: '1920x1440', fps: 10, gop: 10 });
    const recorded = await recordStream(stream, unevenTimes(12, 100));
    await judge(recorded);
    expect(recorded.manifest).toMatchObject({
      durationMs: expect.any(Number),
      counts: { frames: 12, keyFrames: 2, config: 1, packets: 13 },
      video: { width: 1920, height: 1440 },
    });
    expect(recorded.rows.map((row) => row.kind).slice(0, 3)).toEqual(['config', 'key', 'delta']);
  });

  it('of 1280×720 at 30 fps, parameter sets repeated, four slices per picture', async () => {
    const encoder = ['-x264-params', 'slices=4:repeat-headers=1'];
    const stream = encodeClip({ frames: 60, size: '1280x720', fps: 30, gop: 30, encoder });
    const recorded = await recordStream(stream, unevenTimes(60, 33));
    await judge(recorded);
    expect(recorded.manifest.counts).toMatchObject({ frames: 60, keyFrames: 2 });
  });

  it('with cropping, sample aspect ratio and colour description', async () => {
    const stream = encodeClip({
      frames: 5,
      size: '320x180',
      filter: 'setsar=4/3',
      encoder: ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709'],
    });
    const recorded = await recordStream(stream, unevenTimes(5, 100));
    await judge(recorded);
    expect(probe(recorded.mp4[0] ?? Buffer.alloc(0)).stream).toMatchObject({
      width: 320,
      height: 180,
      sample_aspect_ratio: '4:3',
      color_space: 'bt709',
      color_primaries: 'bt709',
    });
  });

  it('with B-frames, whose times go back and forth in decoding order', async () => {
    const stream = encodeClip({ frames: 20, fps: 10, gop: 10, bFrames: 2 });
    const places = outputPlaces(picturesOf(stream));
    const recorded = await recordStream(
      stream,
      places.map((place) => BOOT_MS + place * 100),
    );
    const [mp4 = Buffer.alloc(0)] = recorded.mp4;
    expect(probe(mp4).samples.map(({ pts }) => pts)).toEqual(places.map((place) => place * 9000));
    // In output order the decoder, which knows nothing of our times, agrees with them.
    expect(decode(mp4, 'stream.mp4').times).toEqual(evenTimes(20, 9000, 0));
    expect(decode(mp4, 'stream.mp4').pictures).toEqual(
      decode(recorded.raw, 'stream.h264').pictures,
    );
    expect(recorded.manifest.counts.clock).toEqual({ repeated: 0, backward: 0, jumps: 0 });
  });
});

describe.skipIf(ffmpeg === undefined || sharedStreams === undefined)(
  'a stream that nobody here made (needs ffmpeg) (needs shared streams)',
  () => {
    it.each([
      'BA1_FT_C.264',
      'MPS_MW_A.264',
      'SarVui.264',
      'BA_MW_D_IDR_LOST.264',
      'SVA_FM1_E.264',
      'webcodecs_h264.annexb',
    ])('%s', async (name) => {
      const stream = await readFile(join(sharedStreams ?? '', name));
      const recorded = await recordStream(stream, unevenTimes(400, 100));
      expect(recorded.mp4.length).toBeGreaterThan(0);
      const decoded = recorded.mp4.flatMap((mp4) => decode(mp4, 'stream.mp4').pictures);
      expect(decoded).toEqual(decode(recorded.raw, 'stream.h264').pictures);
      expect(recorded.raw.equals(recorded.bytes)).toBe(true);
      if (recorded.mp4.length === 1) await judge(recorded);
    });

    it('android_encoder_176x144_60fps.h264, buffer by buffer with its own times', async () => {
      const stream = await readFile(
        join(sharedStreams ?? '', 'android_encoder_176x144_60fps.h264'),
      );
      const info = await readFile(
        join(sharedStreams ?? '', 'android_encoder_176x144_60fps.info'),
        'utf8',
      );
      const phone = await TestPhone.connect(daemon.url);
      phone.status('capture_started');
      let offset = 0;
      const times: number[] = [];
      for (const line of info.trim().split('\n')) {
        const [size = 0, flags = 0, microseconds = 0] = line.split(' ').map(Number);
        const isConfig = (flags & 32) !== 0;
        const time = isConfig ? 0 : BOOT_MS + Math.round(microseconds / 1000);
        if (!isConfig) times.push(time);
        phone.packet(stream.subarray(offset, offset + size), time);
        offset += size;
      }
      phone.status('capture_stopped');
      const session = await daemon.finished();
      await phone.close();
      expect(session).toMatchObject({ state: 'complete', frames: 60 });
      const { mp4, raw, manifest } = await sessionFiles(session);
      expect(raw.equals(stream.subarray(0, offset))).toBe(true);
      expect(manifest.counts).toMatchObject({ config: 2, clock: { backward: 0 } });
      const [file = Buffer.alloc(0)] = mp4;
      const earliest = Math.min(...times);
      expect(probe(file).samples.map(({ pts }) => pts)).toEqual(
        times.map((time) => (time - earliest) * TICKS_PER_MS),
      );
      expect(decode(file, 'stream.mp4').pictures).toEqual(decode(raw, 'stream.h264').pictures);
    });
  },
);
