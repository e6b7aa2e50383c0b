import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { thisProcess } from '../../src/lib/base/process-identity.js';
import type { MuxOptions } from '../../src/lib/mux/mux.js';
import {
  crashed,
  filesOf,
  foreign,
  manifestIn,
  muxAll,
  packetsOfAllSamples,
  recorded,
  writeManifestIn,
} from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const stream = Buffer.concat(samplePackets(4).map((packet) => packet.payload));

/** A directory with one raw file. */
async function rawFile(name: string, bytes: Uint8Array = stream) {
  const directory = await temporaryDirectory();
  const path = join(directory, name);
  await writeFile(path, bytes);
  return { directory, path };
}

/** Expects a refusal that leaves every file of the directory as it was. */
async function expectRefusal(
  directory: string,
  input: string,
  options: Partial<MuxOptions>,
): Promise<void> {
  const before = await filesOf(directory);
  const [result] = await muxAll([input], options);
  expect(result?.error).toMatchObject({
    code: 'OUTPUT_UNUSABLE',
    hint: 'Name another file with --output.',
  });
  expect(await filesOf(directory)).toEqual(before);
}

describe.each(['builtin', 'ffmpeg'] as const)('the %s engine, told to replace', (engine) => {
  it('a raw file by its own MP4 refuses', async () => {
    const { directory, path } = await rawFile('film.h264');
    await expectRefusal(directory, path, { engine, output: path, force: true });
  });

  it.each(['stream.h264', 'frames.csv', 'session.json'])(
    '%s of the session that it reads refuses',
    async (name) => {
      const session = await recorded(await temporaryDirectory(), samplePackets(4));
      const output = join(session, name);
      await expectRefusal(session, session, { engine, output, force: true });
    },
  );
});

describe('a recording is never replaced', () => {
  it.each([true, false])(
    'by a raw file whose MP4 would have its name, --force %s',
    async (force) => {
      const { directory, path } = await rawFile('film.mp4');
      await expectRefusal(directory, path, { force });
    },
  );

  it.each([
    ['a symbolic link', symlink],
    ['a hard link', link],
  ])('through %s to it', async (_what, connect) => {
    const { directory, path } = await rawFile('film.h264');
    const output = join(directory, 'other.mp4');
    await connect(path, output);
    await expectRefusal(directory, path, { output, force: true });
  });

  it('through a link that is read', async () => {
    const { directory, path } = await rawFile('film.h264');
    const linked = join(directory, 'linked.h264');
    await symlink(path, linked);
    await expectRefusal(directory, linked, { output: path, force: true });
  });

  it.each(['film-2.mp4', 'film.mp4.new', 'film-3.mp4.new'])(
    'while it is called %s',
    async (name) => {
      const parts = Buffer.concat(packetsOfAllSamples(2).map((packet) => packet.payload));
      const { directory, path } = await rawFile(name, parts);
      const output = join(directory, 'film.mp4');
      await expectRefusal(directory, path, { output, force: true });
    },
  );

  it('by the MP4 of another that is muxed with it', async () => {
    const { directory, path } = await rawFile('film.h264');
    const other = join(directory, 'film.mp4');
    await writeFile(other, stream);
    const before = await filesOf(directory);
    const results = await muxAll([path, other], { force: true });
    expect(results.map(({ error }) => error?.code)).toEqual(['OUTPUT_UNUSABLE', 'OUTPUT_UNUSABLE']);
    expect(await filesOf(directory)).toEqual(before);
  });

  it.each(['stream.h264', 'session.json', 'thumbnail.jpg'])(
    'by the MP4 of something else: %s',
    async (name) => {
      const { path } = await rawFile('film.h264');
      const session = await recorded(await temporaryDirectory(), samplePackets(4));
      await expectRefusal(session, path, { output: join(session, name), force: true });
    },
  );

  it('where another program recorded it', async () => {
    const { path } = await rawFile('film.h264');
    const other = await foreign(await temporaryDirectory(), stream);
    await expectRefusal(other, path, { output: join(other, 'stream.h264'), force: true });
  });
});

describe('the MP4 of a session that is being recorded', () => {
  it.each(['stream.mp4', 'stream-2.mp4'])('is not put there by --output: %s', async (name) => {
    const { path } = await rawFile('film.h264');
    const session = await crashed(await temporaryDirectory(), samplePackets(4));
    const manifest = await manifestIn(session);
    const writer = { ...manifest.writer, ...thisProcess() };
    await writeManifestIn(session, { ...manifest, writer });
    const before = await filesOf(session);
    const [result] = await muxAll([path], { output: join(session, name), force: true });
    expect(result?.error?.code).toBe('DIRECTORY_IN_USE');
    expect(await filesOf(session)).toEqual(before);
  });
});

describe('what may be replaced with --force', () => {
  it('is the MP4 of a session, and a file with any other name', async () => {
    const recordings = await temporaryDirectory();
    const session = await recorded(recordings, samplePackets(4));
    for (const output of [join(session, 'stream.mp4'), join(session, 'film.mp4')]) {
      await writeFile(output, 'old');
      const [result] = await muxAll([session], { output, force: true });
      expect(result).toMatchObject({ error: null, mp4: [output], frames: 4 });
    }
    const elsewhere = join(recordings, 'plain');
    await mkdir(elsewhere);
    const output = join(elsewhere, 'stream.h264');
    expect((await muxAll([session], { output }))[0]?.error).toBeNull();
  });
});
