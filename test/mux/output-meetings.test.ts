import { readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { goodMp4 } from '../../src/lib/mux/good-mp4.js';
import { newPathFor } from '../../src/lib/mux/new-files.js';
import {
  fastDisk,
  filesOf,
  foreign,
  muxAll,
  packetsOfAllSamples,
} from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const few = Buffer.concat(samplePackets(4).map((packet) => packet.payload));
const many = Buffer.concat(samplePackets(30).map((packet) => packet.payload));
const parts = Buffer.concat(packetsOfAllSamples(2).map((packet) => packet.payload));

describe('outputs of one run that meet', () => {
  it.each(['builtin', 'ffmpeg'] as const)(
    'are refused by name, before anything is written: %s',
    async (engine) => {
      const directory = await temporaryDirectory();
      const paths = ['film.h264', 'film.264'].map((name) => join(directory, name));
      for (const path of paths) await writeFile(path, few);
      const before = await filesOf(directory);
      const results = await muxAll(paths, { engine, force: true });
      for (const [index, { error }] of results.entries()) {
        expect(error?.code).toBe('OUTPUT_UNUSABLE');
        expect(error?.message).toContain(paths[1 - index]);
      }
      expect(await filesOf(directory)).toEqual(before);
    },
  );

  it('are seen through links to their directory', async () => {
    const directory = await temporaryDirectory();
    const linked = join(await temporaryDirectory(), 'linked');
    await symlink(directory, linked);
    await writeFile(join(directory, 'film.h264'), few);
    await writeFile(join(directory, 'film.264'), few);
    const results = await muxAll([join(directory, 'film.h264'), join(linked, 'film.264')]);
    expect(results.map(({ error }) => error?.code)).toEqual(['OUTPUT_UNUSABLE', 'OUTPUT_UNUSABLE']);
  });

  it('are refused where a later part would be the MP4 of another', async () => {
    const directory = await temporaryDirectory();
    const [whole, second] = ['film.h264', 'film-2.h264'].map((name) => join(directory, name));
    await writeFile(String(whole), parts);
    await writeFile(String(second), few);
    const [refused, made] = await muxAll([String(whole), String(second)], { force: true });
    expect(refused?.error).toMatchObject({
      code: 'OUTPUT_UNUSABLE',
      message: expect.stringContaining(String(second)),
    });
    expect(made).toMatchObject({ error: null, frames: 4 });
    expect((await readdir(directory)).sort()).toEqual(['film-2.h264', 'film-2.mp4', 'film.h264']);
  });

  it('are one where a directory and its stream are both named', async () => {
    const directory = await foreign(await temporaryDirectory(), few);
    const results = await muxAll([directory, join(directory, 'stream.h264')]);
    expect(results).toMatchObject([{ path: directory, error: null, frames: 4 }]);
  });
});

it('no two runs make their files at the same path', () => {
  expect(newPathFor('film.mp4')).not.toBe(newPathFor('film.mp4'));
});

it('two runs with one output leave the whole MP4 of one of them', async () => {
  const directory = await temporaryDirectory();
  const output = join(directory, 'film.mp4');
  const inputs = { 'a.h264': few, 'b.h264': many };
  for (const [name, bytes] of Object.entries(inputs)) await writeFile(join(directory, name), bytes);
  const results = await Promise.all(
    Object.keys(inputs).map((name) => muxAll([join(directory, name)], { output, force: true })),
  );
  expect(results.flat().map(({ error }) => error)).toEqual([null, null]);
  expect([4, 30]).toContain((await goodMp4(fastDisk, output))?.frames);
  expect((await readdir(directory)).sort()).toEqual(['a.h264', 'b.h264', 'film.mp4']);
});
