/**
 * Recovery of sessions that no daemon finished: what becomes of their files, and what is told of what was lost.
 */
import { readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { newPathFor } from '../../src/lib/mux/new-files.js';
import { crashedSession, PICTURES, rowsIn } from '../support/crashed-session.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import {
  crashed,
  failedChecks,
  fastDisk,
  manifestIn,
  muxAll,
  packetsOfAllSamples,
  recorded,
  recover,
  writeManifestIn,
} from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

// Decoding is judged elsewhere, and takes its time.
beforeAll(() => {
  vi.stubEnv('FFMPEG_BIN', '/nonexistent/ffmpeg');
});

describe('a session that nobody finished', () => {
  it('becomes what it would have become', async () => {
    const recordings = await temporaryDirectory();
    const packets = samplePackets(PICTURES);
    const whole = await recorded(recordings, packets);
    const good = await readFile(join(whole, 'stream.mp4'));
    const manifest = await manifestIn(whole);
    await writeManifestIn(whole, {
      ...manifest,
      state: 'recording',
      parts: [],
      writer: { ...manifest.writer, pid: 2 ** 22 + 1 },
    });
    await truncate(join(whole, 'stream.mp4'), 5000);
    const recovered = await recover(whole);
    expect(recovered).toMatchObject({
      state: 'recovered',
      reason: 'stopped',
      counts: manifest.counts,
      parts: manifest.parts,
      recovery: { lostFrames: 0, lostBytes: 0 },
    });
    expect(await readFile(join(whole, 'stream.mp4'))).toEqual(good);
    expect(await failedChecks(whole)).toEqual([]);
  });

  it('has as many parts as it had', async () => {
    const directory = await crashed(await temporaryDirectory(), packetsOfAllSamples(5));
    await rm(join(directory, 'stream-3.mp4'));
    const { parts, state } = await recover(directory);
    expect(state).toBe('recovered');
    expect(parts.map(({ file, frames }) => [file, frames])).toEqual([
      ['stream.mp4', 5],
      ['stream-2.mp4', 5],
      ['stream-3.mp4', 5],
    ]);
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('is decoded by the parameter sets of an earlier session where it had none of its own', async () => {
    const [config, ...pictures] = samplePackets(6);
    const sets = (config?.nalUnits ?? []).map((nalUnit) => Buffer.from(nalUnit).toString('base64'));
    expect(sets.length).toBeGreaterThan(1);
    const directory = await crashed(await temporaryDirectory(), pictures);
    const manifest = await manifestIn(directory);
    await writeManifestIn(directory, { ...manifest, inheritedParameterSets: sets });
    const recovered = await recover(directory);
    expect(recovered).toMatchObject({
      state: 'recovered',
      counts: { frames: 6, undecodable: 0 },
      inheritedParameterSets: sets,
      recovery: { notes: expect.arrayContaining(['parameter sets of an earlier session']) },
    });
    expect(await failedChecks(directory)).toEqual([]);
  });

  it.each([
    ['loses what came until it was last written', 700, 700],
    ['may have been silent for a minute before', 60_000, 60_000],
    ['has been touched by somebody where that is longer after', 60_001, 0],
  ])('%s (%i ms)', async (_what, silentMs, lostMs) => {
    const directory = await crashedSession();
    const lastMs = (await rowsIn(directory)).at(-1)?.arrivalMs ?? 0;
    const wroteAt = async (name: string, ms: number) =>
      utimes(join(directory, name), ms / 1000, ms / 1000);
    await wroteAt('stream.h264', lastMs);
    await wroteAt('frames.csv', lastMs + silentMs);
    const { recovery } = await recover(directory);
    expect(recovery).toMatchObject({ lostFrames: 0, lostBytes: 0, lostMs });
  });

  it.each([
    ['stream.h264', (directory: string) => truncate(join(directory, 'stream.h264'), 0)],
    ['stream.h264', (directory: string) => rm(join(directory, 'stream.h264'))],
  ])('fails, and says so, where %s is empty or missing', async (_name, spoil) => {
    const directory = await crashedSession();
    await truncate(join(directory, 'stream.mp4'), 700);
    await spoil(directory);
    const { state, reason, reasonText, parts, recovery } = await recover(directory);
    expect({ state, reason, parts }).toEqual({ state: 'failed', reason: 'no-pictures', parts: [] });
    expect(recovery?.lostFrames).toBe(PICTURES);
    expect(reasonText).toBe('all that was recorded is lost, 25 pictures');
    expect(await readdir(directory)).not.toContain('stream.mp4');
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('leaves the fragments of an MP4 that nothing else holds', async () => {
    const directory = await crashedSession();
    await truncate(join(directory, 'stream.h264'), 0);
    const mp4 = await readFile(join(directory, 'stream.mp4'));
    const { state, recovery } = await recover(directory);
    expect(state).toBe('failed');
    expect(recovery?.notes.join()).toContain('left');
    expect(await readFile(join(directory, 'stream.mp4'))).toEqual(mp4);
  });

  it('leaves them too where the raw stream ends in its first picture', async () => {
    const directory = await crashedSession();
    await truncate(join(directory, 'stream.h264'), 500);
    const mp4 = await readFile(join(directory, 'stream.mp4'));
    const { state, recovery } = await recover(directory);
    expect(state).toBe('failed');
    expect(recovery?.notes.join()).toContain('left');
    expect(await readFile(join(directory, 'stream.mp4'))).toEqual(mp4);
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('fails where no picture had come yet', async () => {
    const directory = await crashed(await temporaryDirectory(), samplePackets(0));
    const { state, reason } = await recover(directory);
    expect({ state, reason }).toEqual({ state: 'failed', reason: 'no-pictures' });
    expect((await muxAll([directory]))[0]?.error?.code).toBe('STREAM_EMPTY');
  });

  it('counts no time as lost where nothing had come, however late that is found', async () => {
    const directory = await crashed(await temporaryDirectory(), []);
    const startedMs = Date.now() - 20_000;
    const startedAt = new Date(startedMs).toISOString();
    await writeManifestIn(directory, { ...(await manifestIn(directory)), startedAt });
    await utimes(join(directory, 'frames.csv'), startedMs / 1000, startedMs / 1000);
    const { state, recovery } = await recover(directory);
    expect(state).toBe('failed');
    expect(recovery).toMatchObject({ lostFrames: 0, lostBytes: 0, lostMs: 0 });
  });

  it('clears away what was being made', async () => {
    const directory = await crashedSession();
    for (const name of ['stream.mp4', 'session.json', 'thumbnail.jpg', 'frames.csv']) {
      await writeFile(join(directory, `${name}.new`), 'half');
    }
    for (const name of ['stream.mp4', 'stream-2.mp4']) {
      const ofThisProcess = newPathFor(join(directory, name));
      await writeFile(ofThisProcess.replace(`.${process.pid}-`, `.${2 ** 22 + 1}-`), 'half');
    }
    await writeFile(join(directory, 'stream-2.mp4'), 'of another life');
    await recover(directory);
    expect((await readdir(directory)).sort()).toEqual(
      ['frames.csv', 'session.json', 'stream.h264', 'stream.mp4'].sort(),
    );
  });

  it('survives any one failure of the disk: the next recovery finishes it', async () => {
    const packets = samplePackets(4);
    const counting = new FaultyDisk(fastDisk);
    await recover(await crashed(await temporaryDirectory(), packets), counting);
    const calls = counting.calls.length;
    expect(calls).toBeGreaterThan(20);
    for (let failing = 1; failing <= calls; failing += 1) {
      const directory = await crashed(await temporaryDirectory(), packets);
      const disk = new FaultyDisk(fastDisk, ({ number }) =>
        number === failing ? { fail: 'EIO' } : 'pass',
      );
      await recover(directory, disk).catch(() => {});
      const { name, path } = disk.calls[failing - 1] ?? {};
      const call = `call ${failing}: ${name} ${path}`;
      expect(disk.openFiles, call).toEqual([]);
      if ((await manifestIn(directory)).state === 'recording') await recover(directory);
      expect(await failedChecks(directory), call).toEqual([]);
      expect((await manifestIn(directory)).counts, call).toMatchObject({ packets: 5, frames: 4 });
    }
  });

  it('is recovered after a full disk, and counts what did not fit', async () => {
    const directory = await crashedSession();
    const manifest = await manifestIn(directory);
    const counts = { ...manifest.counts, frames: PICTURES + 2, dropped: 4 };
    const endedAt = new Date(1e12 + 100 * PICTURES + 450).toISOString();
    await writeManifestIn(directory, {
      ...{ ...manifest, counts, endedAt },
      ...{ state: 'failed', reason: 'disk-full', reasonText: 'ENOSPC' },
    });
    const recovered = await recover(directory);
    expect(recovered).toMatchObject({ state: 'recovered', reason: 'disk-full' });
    expect(recovered.counts.dropped).toBe(4);
    expect(recovered.recovery).toMatchObject({ lostFrames: 6, lostMs: 450 });
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('makes the thumbnail that is missing', async () => {
    const directory = await crashedSession();
    const asked: string[] = [];
    const makeThumbnail = async (_picture: Uint8Array, path: string) => {
      asked.push(path);
      await writeFile(path, Buffer.of(0xff, 0xd8, 0xff, 0xff, 0xd9));
      return true;
    };
    const [result] = await muxAll([directory], { makeThumbnail });
    expect(result?.error).toBeNull();
    expect(asked).toEqual([join(directory, 'thumbnail.jpg')]);
    expect((await manifestIn(directory)).files.thumbnail).toBe('thumbnail.jpg');
  });

  it('keeps the thumbnail that is there, unless it is empty', async () => {
    for (const [bytes, times] of [
      [[0xff, 0xd8, 0xff, 0xff, 0xd9], 0],
      [[], 1],
    ] as const) {
      const directory = await crashedSession();
      await writeFile(join(directory, 'thumbnail.jpg'), Buffer.from(bytes));
      const makeThumbnail = vi.fn(async () => true);
      await muxAll([directory], { makeThumbnail });
      expect(makeThumbnail).toHaveBeenCalledTimes(times);
      expect((await manifestIn(directory)).files.thumbnail).toBe('thumbnail.jpg');
    }
  });
});
