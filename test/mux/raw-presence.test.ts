import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crashed, filesOf, muxAll, recorded, recover } from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe('a session to which nothing came', () => {
  it.each([
    { engine: 'builtin' },
    { engine: 'ffmpeg' },
    { force: true },
    { output: 'film.mp4' },
  ] as const)('has nothing to play: %o', async (options) => {
    const recordings = await temporaryDirectory();
    const session = await recorded(recordings, []);
    const before = await filesOf(session);
    const output = 'output' in options ? join(recordings, options.output) : undefined;
    const [result] = await muxAll([session], { ...options, output });
    expect(result?.error).toEqual({
      code: 'STREAM_EMPTY',
      message: 'There is nothing to play: the camera sent no picture',
      hint: null,
    });
    expect(await filesOf(session)).toEqual(before);
  });

  it('is no reason to leave out the others', async () => {
    const recordings = await temporaryDirectory();
    await recorded(recordings, []);
    await crashed(recordings, samplePackets(3));
    await crashed(recordings, []);
    const results = await muxAll([recordings]);
    const codes = results.map(({ error }) => error?.code);
    expect(codes).toEqual(['STREAM_EMPTY', undefined, 'STREAM_EMPTY']);
  });

  it('is told from one whose stream is gone', async () => {
    const session = await recorded(await temporaryDirectory(), samplePackets(3));
    await rm(join(session, 'stream.h264'));
    const [result] = await muxAll([session], { force: true });
    expect(result?.error?.code).toBe('INPUT_INVALID');
    expect(result?.error?.message).toMatch(/^stream.h264 is missing, and \d+ bytes were recorded$/);
    expect((await muxAll([session]))[0]?.skipped).toBe('it has a good MP4');
  });
});

describe('a manifest that cannot be read', () => {
  it.each(['{', '[]', ''])('beside no stream is left as it is: %j', async (text) => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'session.json'), text);
    const before = await filesOf(directory);
    const output = join(await temporaryDirectory(), 'film.mp4');
    for (const options of [{}, { force: true }, { engine: 'ffmpeg' }, { output }] as const) {
      const [result] = await muxAll([directory], options);
      expect(result?.error?.code).toBe('MANIFEST_INVALID');
      expect(result?.error?.message).toContain(`${join(directory, 'session.json')} is damaged`);
      expect(await filesOf(directory)).toEqual(before);
    }
    await expect(recover(directory)).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });

  it.each([
    ['an index', ['frames.csv']],
    ['an index and an empty stream', ['frames.csv', 'stream.h264']],
  ])('and is missing beside %s is not made up', async (_what, names) => {
    const directory = await temporaryDirectory();
    for (const name of names) await writeFile(join(directory, name), '');
    const [result] = await muxAll([directory]);
    expect(result?.error?.message).toContain('session.json is missing');
    expect((await readdir(directory)).sort()).toEqual(names);
  });
});
