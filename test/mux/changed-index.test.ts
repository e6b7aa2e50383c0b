/** Sessions whose `frames.csv` is no longer the one that was recorded. */
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crashed, filesOf, muxAll, recorded } from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const CHANGES: Record<string, (index: string) => string> = {
  'ends earlier': (index) => index.slice(0, index.indexOf('\n10,') + 1),
  'tells another time': (index) => index.replace('\n10,6000,', '\n10,6040,'),
  'tells another number': (index) => index.replace('\n10,', '\n11,'),
};

async function changedSession(change: (index: string) => string): Promise<string> {
  const directory = await recorded(await temporaryDirectory(), samplePackets(25));
  const path = join(directory, 'frames.csv');
  const index = await readFile(path, 'latin1');
  expect(change(index)).not.toBe(index);
  await writeFile(path, change(index));
  return directory;
}

describe.each(Object.entries(CHANGES))('an index that %s', (_what, change) => {
  it('does not cost a good MP4', async () => {
    const directory = await changedSession(change);
    const good = await readFile(join(directory, 'stream.mp4'));
    const [result] = await muxAll([directory], { force: true });
    expect(result?.error).toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('frames.csv is not as it was recorded'),
    });
    expect(await readFile(join(directory, 'stream.mp4'))).toEqual(good);
  });

  it('is spoken of where an MP4 is made by it', async () => {
    const directory = await changedSession(change);
    const output = join(await temporaryDirectory(), 'film.mp4');
    const [elsewhere] = await muxAll([directory], { output });
    await rm(join(directory, 'stream.mp4'));
    const [inPlace] = await muxAll([directory]);
    for (const result of [elsewhere, inPlace]) {
      expect(result?.error).toBeNull();
      expect(result?.warnings.join()).toContain('frames.csv is not as it was recorded');
    }
  });
});

const WITHOUT_PICTURES: Record<string, (path: string) => Promise<void>> = {
  'is missing': (path) => rm(path),
  'is empty': (path) => truncate(path, 0),
  'has another header': async (path) => spoil(path, (index) => `S${index.slice(1)}`),
  'is damaged in its first rows': async (path) =>
    spoil(path, (index) => index.replace('\n1,', '\n1x')),
  'ends before the first picture': async (path) =>
    spoil(path, (index) => index.slice(0, index.indexOf('\n1,') + 1)),
};

async function spoil(path: string, change: (index: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'latin1')));
}

describe.each(Object.entries(WITHOUT_PICTURES))('an index that %s', (_what, spoilIndex) => {
  it.each(['complete', 'crashed'])('leaves the pictures of a %s session', async (state) => {
    const recordings = await temporaryDirectory();
    const make = state === 'crashed' ? crashed : recorded;
    const directory = await make(recordings, samplePackets(25));
    await spoilIndex(join(directory, 'frames.csv'));
    const before = await filesOf(directory);
    const output = join(recordings, 'film.mp4');
    const [result] = await muxAll([directory], { output, fps: 5 });
    expect(result).toMatchObject({ error: null, mp4: [output], frames: 25, durationMs: 5000 });
    expect(result?.warnings.join()).toMatch(
      /frames\.csv .*: the pictures stand at a constant rate/,
    );
    expect(await filesOf(directory)).toEqual(before);
  });

  it('is named where it is needed', async () => {
    const directory = await recorded(await temporaryDirectory(), samplePackets(25));
    await spoilIndex(join(directory, 'frames.csv'));
    await rm(join(directory, 'stream.mp4'));
    const before = await filesOf(directory);
    for (const force of [false, true]) {
      const [result] = await muxAll([directory], { force });
      expect(result?.error).toMatchObject({
        code: 'INDEX_INVALID',
        message: expect.stringContaining('frames.csv'),
        hint: expect.stringContaining('--output'),
      });
    }
    expect(await filesOf(directory)).toEqual(before);
  });
});

describe('a session whose pictures are gone', () => {
  it('says so, and not that none were sent', async () => {
    const directory = await recorded(await temporaryDirectory(), samplePackets(25));
    await truncate(join(directory, 'stream.h264'), 500);
    await rm(join(directory, 'stream.mp4'));
    const [result] = await muxAll([directory]);
    expect(result?.error).toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('of a stream.h264 of 500'),
    });
  });

  it('says so each time', async () => {
    const directory = await crashed(await temporaryDirectory(), samplePackets(25));
    await truncate(join(directory, 'stream.h264'), 500);
    for (let time = 0; time < 2; time += 1) {
      const [result] = await muxAll([directory]);
      expect(result?.error).toMatchObject({
        code: 'STREAM_EMPTY',
        message: 'There is nothing to play: all that was recorded is lost, 25 pictures',
      });
    }
  });
});
