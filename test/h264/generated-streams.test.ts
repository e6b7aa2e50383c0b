/** Streams of a real encoder, judged by ffprobe: how many pictures, which are key, in what order they are shown. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  assemble,
  descriptions,
  outputRanks,
  pictures,
  ranks,
  reorderDepth,
} from '../support/h264-pictures.js';
import { ffmpeg, ffprobe } from '../support/tools.js';

const run = promisify(execFile);

interface Clip {
  size?: string;
  frames?: number;
  profile: string;
  pixelFormat?: string;
  x264: string;
  filter?: string;
}

const CLIPS: Record<string, Clip> = {
  'Baseline, several slices': { profile: 'baseline', x264: 'bframes=0:slices=4' },
  'Main, no B pictures, CAVLC': { profile: 'main', x264: 'bframes=0:cabac=0' },
  'Main, B pictures': { profile: 'main', x264: 'bframes=3:b-pyramid=none:weightb=0' },
  'High, B pyramid, weights': { profile: 'high', x264: 'bframes=3:b-pyramid=normal:weightp=2' },
  'High, B pyramid, slices, CAVLC': {
    profile: 'high',
    x264: 'bframes=5:b-pyramid=strict:slices=4:cabac=0',
  },
  'High, open groups of pictures': {
    profile: 'high',
    x264: 'bframes=3:open-gop=1:keyint=8:b-adapt=0',
  },
  'High, many short groups': { profile: 'high', x264: 'bframes=2:keyint=5:min-keyint=1:b-adapt=0' },
  'High, delimiters, HRD, periodic refresh': {
    profile: 'high',
    x264: 'bframes=0:intra-refresh=1:aud=1:nal-hrd=vbr:vbv-bufsize=400:vbv-maxrate=200',
  },
  'High, field macroblocks': { profile: 'high', x264: 'bframes=3:tff=1' },
  'High, marked as fields': { profile: 'high', x264: 'bframes=0:fake-interlaced=1' },
  'High 10': { profile: 'high10', pixelFormat: 'yuv420p10le', x264: 'bframes=3' },
  'High 4:2:2, cropped': { profile: 'high422', pixelFormat: 'yuv422p', size: '162x126', x264: '' },
  'High 4:4:4, cropped': {
    profile: 'high444',
    pixelFormat: 'yuv444p',
    size: '161x121',
    x264: 'bframes=3',
  },
  'High, 1080 lines of 1088': { profile: 'high', size: '1920x1080', frames: 4, x264: 'bframes=2' },
  'Main, sample aspect ratio, colour': {
    profile: 'main',
    x264: 'bframes=0:colorprim=bt709:transfer=bt709:colormatrix=bt709:fullrange=on',
    filter: 'setsar=64/45',
  },
};

interface Probe {
  packets: { pts: number; flags: string }[];
  streams: { width: number; height: number; sample_aspect_ratio?: string; color_space?: string }[];
}

describe.skipIf(ffmpeg === undefined || ffprobe === undefined)(
  'generated streams (needs ffmpeg)',
  () => {
    let directory = '';
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'camrec-h264-'));
    });
    afterAll(() => rm(directory, { recursive: true }));

    /** One encoded clip, as a stream and as the MP4 of another hand. */
    async function make(name: string, clip: Clip): Promise<{ stream: Buffer; mp4: string }> {
      const base = join(directory, name.replaceAll(/\W+/g, '-'));
      const source = `testsrc2=size=${clip.size ?? '160x128'}:rate=25`;
      const filter = [clip.filter, `format=${clip.pixelFormat ?? 'yuv420p'}`];
      await run(ffmpeg ?? '', [
        ...['-v', 'error', '-f', 'lavfi', '-i', source, '-frames:v', String(clip.frames ?? 40)],
        ...['-vf', filter.filter(Boolean).join(','), '-c:v', 'libx264', '-preset', 'veryfast'],
        ...['-profile:v', clip.profile, '-threads', '1', '-g', '16'],
        ...(clip.x264 === '' ? [] : ['-x264-params', clip.x264]),
        `${base}.mp4`,
      ]);
      const copy = ['-c', 'copy', '-bsf:v', 'h264_mp4toannexb', '-f', 'h264'];
      await run(ffmpeg ?? '', ['-v', 'error', '-i', `${base}.mp4`, ...copy, `${base}.h264`]);
      return { stream: await readFile(`${base}.h264`), mp4: `${base}.mp4` };
    }

    async function probe(file: string): Promise<Probe> {
      const { stdout } = await run(ffprobe ?? '', [
        ...['-v', 'error', '-of', 'json', '-show_entries'],
        'packet=pts,flags:stream=width,height,sample_aspect_ratio,color_space',
        file,
      ]);
      return JSON.parse(stdout) as Probe;
    }

    it.each(Object.entries(CLIPS))('%s', async (name, clip) => {
      const { stream, mp4 } = await make(name, clip);
      const judged = await probe(mp4);
      const list = pictures(assemble([stream]));
      expect(list).toHaveLength(clip.frames ?? 40);
      expect(list).toHaveLength(judged.packets.length);

      // An open group begins with a picture that ffmpeg marks as key and that is no IDR picture.
      const marked = judged.packets.map(({ flags }) => flags.startsWith('K'));
      if (!/open-gop|intra-refresh/.test(clip.x264)) {
        expect(list.map(({ key }) => key)).toEqual(marked);
      }
      for (const [i, { key }] of list.entries()) if (key) expect(marked[i]).toBe(true);

      const shown = outputRanks(list);
      expect(shown).toEqual(ranks(judged.packets.map(({ pts }) => pts)));

      const [video, ...others] = descriptions(list);
      if (video === undefined) throw new Error('no description');
      expect(others).toEqual([]);
      expect(reorderDepth(shown)).toBeLessThanOrEqual(video.maxReorderPictures);
      if (clip.x264.includes('bframes=0')) expect(video.maxReorderPictures).toBe(0);
      expect(video.frameRate).toEqual({ numerator: 25, denominator: 1 });

      const [other] = judged.streams;
      expect([video.width, video.height]).toEqual([other?.width, other?.height]);
      const ratio = video.sampleAspectRatio;
      expect(`${ratio?.width}:${ratio?.height}`).toBe(other?.sample_aspect_ratio);
      expect(video.colour !== undefined).toBe(clip.x264.includes('colormatrix'));
      expect(video.colour?.fullRange ?? false).toBe(clip.x264.includes('fullrange'));

      const file = await readFile(mp4);
      const box = file.indexOf('avcC');
      const record = file.subarray(box + 4, box - 4 + file.readUInt32BE(box - 4));
      expect(Buffer.from(video.avcC).toString('hex')).toBe(record.toString('hex'));
    });
  },
);
