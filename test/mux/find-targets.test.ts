import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crashed, muxAll, recorded } from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe('what the paths mean', () => {
  it('takes a session, a directory of them, or a raw file, each once', async () => {
    const recordings = await temporaryDirectory();
    const first = await recorded(recordings, samplePackets(5));
    const second = await crashed(recordings, samplePackets(5));
    await mkdir(join(recordings, 'empty'));
    await writeFile(join(recordings, 'notes.txt'), 'hello');
    const results = await muxAll([recordings, first, join(first, 'stream.h264')]);
    expect(results.map(({ path, error, skipped }) => ({ path, error, skipped }))).toEqual([
      { path: first, error: null, skipped: 'it has a good MP4' },
      { path: second, error: null, skipped: null },
    ]);
    expect(results[1]).toMatchObject({
      mp4: [join(second, 'stream.mp4')],
      engine: 'builtin',
      frames: 5,
      recovery: { lostFrames: 0 },
    });
  });

  it('says what it does not find, and does the others', async () => {
    const recordings = await temporaryDirectory();
    const session = await recorded(recordings, samplePackets(3));
    await mkdir(join(recordings, 'empty'));
    const paths = [join(recordings, 'nothing'), join(recordings, 'empty'), session];
    const results = await muxAll(paths);
    expect(results.map(({ error }) => error?.code ?? null)).toEqual([
      'FILE_NOT_FOUND',
      'SESSION_NOT_FOUND',
      null,
    ]);
  });
});

describe('a path that leads nowhere', () => {
  it.each(['nothing', 'notes.txt/nothing'])('is told with what to check: %s', async (name) => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'notes.txt'), 'hello');
    const path = join(directory, name);
    const [result] = await muxAll([path]);
    expect(result?.error).toEqual({
      code: 'FILE_NOT_FOUND',
      message: `There is no ${path}`,
      hint: expect.stringContaining('Check the path.'),
    });
  });

  it('is wrong usage where it is empty', async () => {
    await expect(muxAll([''])).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('a pipe', () => {
  it('is refused by name, and never opened', async () => {
    const directory = await temporaryDirectory();
    const pipe = join(directory, 'in.h264');
    execFileSync('mkfifo', [pipe]);
    const [result] = await muxAll([pipe], { output: join(directory, 'film.mp4') });
    expect(result).toMatchObject({
      path: pipe,
      error: {
        code: 'INPUT_INVALID',
        message: expect.stringContaining(`${pipe} is a pipe`),
        hint: expect.stringContaining('Save the stream to a file'),
      },
    });
    expect(await readdir(directory)).toEqual(['in.h264']);
  });

  it('in the place of a raw stream leaves the other sessions to be done', async () => {
    const recordings = await temporaryDirectory();
    const session = await crashed(recordings, samplePackets(3));
    const odd = await recorded(recordings, samplePackets(3));
    await rm(join(odd, 'stream.h264'));
    execFileSync('mkfifo', [join(odd, 'stream.h264')]);
    const results = await muxAll([recordings], { force: true });
    const errors = results.map(({ path, error }) => [path, error?.code ?? null]);
    expect(Object.fromEntries(errors)).toEqual({ [session]: null, [odd]: 'INPUT_INVALID' });
  });
});
