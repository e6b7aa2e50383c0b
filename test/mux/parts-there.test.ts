import { spawnSync } from 'node:child_process';
import { readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newPathFor } from '../../src/lib/mux/new-files.js';
import { foreign, muxAll, packetsOfAllSamples } from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const few = Buffer.concat(samplePackets(4).map((packet) => packet.payload));
const parts = Buffer.concat(packetsOfAllSamples(2).map((packet) => packet.payload));

/** A raw file that has its MP4. */
async function muxedFile(bytes: Uint8Array) {
  const directory = await temporaryDirectory();
  const path = join(directory, 'film.h264');
  await writeFile(path, bytes);
  const [made] = await muxAll([path]);
  return { directory, path, mp4: made?.mp4 ?? [] };
}

/** The id of a process that has ended. */
function deadProcess(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

describe('the MP4 of a raw file is not taken for a good one', () => {
  it('where a part is missing', async () => {
    const { path, mp4 } = await muxedFile(parts);
    expect(mp4.length).toBeGreaterThan(2);
    expect((await muxAll([path]))[0]).toMatchObject({ mp4, skipped: 'it has a good MP4' });
    await rm(mp4[1] ?? '');
    expect((await muxAll([path]))[0]?.error?.code).toBe('OUTPUT_EXISTS');
    expect((await muxAll([path], { force: true }))[0]).toMatchObject({ mp4, error: null });
  });

  it('where the stream was written after it', async () => {
    const { path, mp4 } = await muxedFile(few);
    const later = new Date(Date.now() + 60_000);
    await utimes(path, later, later);
    expect((await muxAll([path]))[0]?.error?.code).toBe('OUTPUT_EXISTS');
    const directory = await foreign(await temporaryDirectory(), few);
    await muxAll([directory]);
    await utimes(join(directory, 'stream.h264'), later, later);
    expect((await muxAll([directory]))[0]).toMatchObject({ skipped: null, error: null });
    expect(mp4).toHaveLength(1);
  });

  it('but where another stream has the name of a part, it is', async () => {
    const { directory, path } = await muxedFile(few);
    await writeFile(join(directory, 'film-3.h264'), few);
    await muxAll([join(directory, 'film-3.h264')]);
    expect((await muxAll([path]))[0]?.skipped).toBe('it has a good MP4');
  });
});

describe('what an earlier run has left', () => {
  it('half made goes with the next run, unless its maker lives', async () => {
    const { directory, path, mp4 } = await muxedFile(few);
    const living = newPathFor(mp4[0] ?? '');
    const dead = living.replace(`.${process.pid}-`, `.${deadProcess()}-`);
    const other = join(directory, 'other.mp4.new');
    for (const left of [living, dead, `${dead}.new`, other]) await writeFile(left, 'half');
    expect((await muxAll([path]))[0]?.skipped).toBe('it has a good MP4');
    const expected = [path, ...mp4, living, other].map((left) => left.slice(directory.length + 1));
    expect((await readdir(directory)).sort()).toEqual(expected.sort());
  });

  it('as parts goes from a directory, and is told beside a file', async () => {
    const { path, mp4 } = await muxedFile(parts);
    await writeFile(path, few);
    const [result] = await muxAll([path], { force: true });
    expect(result?.warnings.join()).toContain(mp4[1]);
    const directory = await foreign(await temporaryDirectory(), parts);
    await muxAll([directory]);
    await writeFile(join(directory, 'stream.h264'), few);
    await muxAll([directory], { force: true });
    expect((await readdir(directory)).sort()).toEqual(['stream.h264', 'stream.mp4']);
  });
});
