import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evenTimes, noFaults, picturesOf, record } from '../support/mp4-clips.js';
import { decode, probe, readByMp4box } from '../support/mp4-judges.js';
import { ffmpeg, sharedStreams } from '../support/tools.js';

describe.skipIf(!sharedStreams || !ffmpeg)(
  'streams of others (needs shared streams) (needs ffmpeg)',
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
