import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadInput } from '../../src/lib/simulate/load-input.js';
import { closestSample, intervalsOf } from '../../src/lib/simulate/sample.js';
import { loadShippedSamples } from '../../src/lib/simulate/shipped-samples.js';
import { SHIPPED_SAMPLE } from '../support/shipped-sample.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'camrec-input-'));
});

afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, contents: string | Buffer): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, contents);
  return path;
}

it('reads size and rate from the stream', async () => {
  const samples = await loadShippedSamples();
  expect(samples.map(({ size, fps, loopTo }) => ({ size, fps, loopTo }))).toEqual([
    { size: { width: 640, height: 480 }, fps: 10, loopTo: 0 },
    { size: { width: 640, height: 360 }, fps: 10, loopTo: 0 },
    { size: { width: 480, height: 480 }, fps: 10, loopTo: 0 },
  ]);
});

it('takes the sample of the nearest shape', async () => {
  const samples = await loadShippedSamples();
  const shapes = [undefined, [4, 3], [3, 2], [16, 9], [21, 9], [1, 1], [9, 16]] as const;
  const names = shapes.map((shape) => {
    const ratio = shape && { width: shape[0], height: shape[1] };
    return closestSample(samples, ratio).name.replace(/sample-|\.h264/g, '');
  });
  expect(names).toEqual(['4x3', '4x3', '4x3', '16x9', '16x9', '1x1', '1x1']);
});

it('refuses what is no stream, says what is missing, and how to make one', async () => {
  await expect(loadInput(await file('text.h264', 'hello'))).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    message: expect.stringContaining('text.h264 holds no H.264 pictures'),
    hint: expect.stringContaining('ffmpeg'),
  });
  await expect(loadInput(join(directory, 'none'))).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringContaining('There is no file'),
  });
  await expect(loadInput(directory)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
});

it('refuses other formats by their names, though some of their bytes look like pictures', async () => {
  const ftyp = Buffer.from('\0\0\0\x10ftypisom\0\0\0\0', 'latin1');
  const stream = await readFile(SHIPPED_SAMPLE);
  const mp4 = await file('film.mp4', Buffer.concat([ftyp, stream]));
  await expect(loadInput(mp4)).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    message: `${mp4} is an MP4 or QuickTime file, not H.264 in Annex B form.`,
    hint: expect.stringContaining('ffmpeg'),
  });
});

it('follows a list of times, and continues it when the sample begins again', async () => {
  const times = Array.from({ length: 100 }, (_, index) => 1000 + index * 50 + (index % 3));
  const path = await file('times.txt', `${times.join('\n')}\n`);
  const sample = await loadInput(SHIPPED_SAMPLE, path);
  const interval = intervalsOf(sample);
  expect([1, 2, 3, 99].map((n) => interval?.(n))).toEqual([51, 51, 48, 48]);
  expect(interval?.(100)).toBeCloseTo(50, 0);
  expect([101, 102, 103].map((n) => interval?.(n))).toEqual([51, 51, 48]);
});

it('refuses a list of times that does not fit', async () => {
  const short = await file('short.txt', '1\n2\n3\n');
  const words = await file('words.txt', 'a\n'.repeat(100));
  for (const path of [short, words]) {
    await expect(loadInput(SHIPPED_SAMPLE, path)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('list of 100 times'),
    });
  }
});
