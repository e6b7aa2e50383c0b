import { spawnSync } from 'node:child_process';
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { thisProcess } from '../../src/lib/base/process-identity.js';
import { newPathFor } from '../../src/lib/mux/new-files.js';
import { LOCK_FILE } from '../../src/lib/storage/directory-lock.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { readByMp4box } from '../support/mp4-judges.js';
import {
  fastDisk,
  foreign,
  muxAll,
  packetsOfAllSamples,
  recorded,
} from '../support/mux-sessions.js';
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
  it.each(['builtin', 'ffmpeg'] as const)(
    'half made of a session goes with the next run to that place: %s',
    async (engine) => {
      const session = await recorded(await temporaryDirectory(), samplePackets(4));
      const directory = await temporaryDirectory();
      const output = join(directory, 'film.mp4');
      const dead = newPathFor(output).replace(`.${process.pid}-`, `.${deadProcess()}-`);
      for (const left of [dead, `${dead}.new`]) await writeFile(left, 'half');
      await muxAll([session], { engine, output });
      const left = (await readdir(directory)).filter((name) => name !== 'film.mp4');
      expect(left).toEqual([]);
    },
  );

  it('half made in a session that has a good MP4 goes with the next run, unless its maker lives', async () => {
    const session = await recorded(await temporaryDirectory(), packetsOfAllSamples(2));
    const names = await readdir(session);
    const living = newPathFor(join(session, 'stream.mp4'));
    await writeFile(living, 'half');
    for (const part of ['stream.mp4', 'stream-2.mp4']) {
      const dead = newPathFor(join(session, part));
      await writeFile(dead.replace(`.${process.pid}-`, `.${deadProcess()}-`), 'half');
    }
    const { host, bootId, pidNamespace } = thisProcess();
    const lock = { pid: deadProcess(), host, bootId, pidNamespace, processStart: '1' };
    await writeFile(join(session, LOCK_FILE), JSON.stringify(lock));
    expect((await muxAll([session]))[0]?.skipped).toBe('it has a good MP4');
    expect((await readdir(session)).sort()).toEqual([...names, basename(living)].sort());
  });

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

describe('two runs with one output', () => {
  /** The first run is between its first and its second part when the second one comes. */
  async function muxTwice(path: string, output?: string) {
    let second: Promise<unknown> = Promise.resolve();
    const disk = new FaultyDisk(fastDisk);
    disk.delay = async ({ name, path: to }) => {
      if (name !== 'rename' || !to.endsWith('-2.mp4')) return;
      second = muxAll([path], { force: true, fps: 50, output });
      await Promise.race([second, sleep(1000)]);
    };
    const [first] = await muxAll([path], { force: true, fps: 10, output, disk });
    await second;
    expect(first?.error).toBeNull();
    return first?.mp4 ?? [];
  }

  it.each(['film.mp4', undefined])(
    'leave the parts of the later one, and no lock: %s',
    async (name) => {
      const directory = await temporaryDirectory();
      const path = join(directory, 'film.h264');
      await writeFile(path, parts);
      const mp4 = await muxTwice(path, name && join(directory, name));
      for (const part of mp4) {
        const { samples } = readByMp4box(await readFile(part));
        expect(samples.map(({ duration }) => duration)).toEqual(samples.map(() => 1800));
      }
      const names = mp4.map((part) => basename(part));
      expect((await readdir(directory)).sort()).toEqual(['film.h264', ...names].sort());
    },
  );

  it('are not held up by a lock that a dead one has left', async () => {
    const { directory, path, mp4 } = await muxedFile(parts);
    const dead = { ...thisProcess(), pid: deadProcess(), processStart: '1' };
    await writeFile(join(directory, '.film.mp4.camrec.lock'), JSON.stringify(dead));
    const begun = performance.now();
    expect((await muxAll([path], { force: true }))[0]).toMatchObject({ mp4, error: null });
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(await readdir(directory)).not.toContain('.film.mp4.camrec.lock');
  });
});
