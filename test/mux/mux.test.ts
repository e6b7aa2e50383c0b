import { mkdir, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MuxEvent } from '../../src/lib/mux/mux.js';
import { unwritable } from '../../src/lib/mux/refusals.js';
import { MAX_PARTS } from '../../src/lib/recording/session-parts.js';
import { LOCK_FILE } from '../../src/lib/storage/directory-lock.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { FaultyDisk, systemError } from '../support/faulty-disk.js';
import {
  annexB,
  lengthPrefixed,
  otherNalUnit,
  pps,
  type SpsOptions,
  slice,
  sps,
} from '../support/h264-builder.js';
import { readByMp4box } from '../support/mp4-judges.js';
import {
  crashed,
  fastDisk,
  filesOf,
  foreign,
  manifestIn,
  muxAll,
  recorded,
} from '../support/mux-sessions.js';
import { samplePackets, withoutWaiting } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** The shipped sample as a raw stream; its parameter sets tell of 10 pictures a second. */
const stream = Buffer.concat(samplePackets(30).map((packet) => packet.payload));

describe('an MP4 that is there', () => {
  it.each([
    ['cut off', (path: string) => truncate(path, 3000)],
    ['of another size', (path: string) => writeFile(path, 'x', { flag: 'a' })],
    ['no MP4', (path: string) => writeFile(path, 'hello')],
  ])('is made again when it is %s', async (_what, spoil) => {
    const session = await recorded(await temporaryDirectory());
    const path = join(session, 'stream.mp4');
    const good = await readFile(path);
    await spoil(path);
    const [result] = await muxAll([session]);
    expect(result).toMatchObject({ skipped: null, error: null, frames: 25 });
    expect(await readFile(path)).toEqual(good);
  });

  it('is not replaced by an interrupted run, which leaves nothing behind', async () => {
    const recordings = await temporaryDirectory();
    const session = await recorded(recordings);
    const before = await filesOf(session);
    const ending = new AbortController();
    const onEvent = (event: MuxEvent) => {
      if (event.type === 'progress') ending.abort();
    };
    const options = { force: true, signal: ending.signal, onEvent };
    const [result] = await muxAll([session], options);
    expect(result?.error?.code).toBe('INTERRUPTED');
    expect(await filesOf(session)).toEqual(before);
    const other = await foreign(recordings, stream);
    const [second] = await muxAll([other], options);
    expect(second?.error?.code).toBe('INTERRUPTED');
    expect(await readdir(other)).toEqual(['stream.h264']);
  });

  it('survives any one failure of the disk, whole', async () => {
    const session = await recorded(await temporaryDirectory(), samplePackets(4));
    const before = await filesOf(session);
    const counting = new FaultyDisk(fastDisk);
    expect((await muxAll([session], { disk: counting, force: true }))[0]?.error).toBeNull();
    expect(counting.openFiles).toEqual([]);
    const calls = counting.calls.length;
    expect(calls).toBeGreaterThan(20);
    for (let failing = 1; failing <= calls; failing += 1) {
      const disk = new FaultyDisk(fastDisk, ({ number, name }) =>
        number === failing && name !== 'fileSize' && name !== 'list' ? { fail: 'EIO' } : 'pass',
      );
      await muxAll([session], { disk, force: true });
      expect(disk.openFiles, `call ${failing}`).toEqual([]);
      const { ['session.json']: manifest, ...after } = await filesOf(session);
      const { ['session.json']: _manifest, ...expected } = before;
      for (const name of Object.keys(after)) if (name.endsWith('.new')) delete after[name];
      expect(after, `call ${failing}`).toEqual(expected);
      expect(JSON.parse(Buffer.from(manifest ?? '', 'base64').toString()).state).toBe('complete');
    }
  });

  it('survives a full disk', async () => {
    const session = await recorded(await temporaryDirectory(), samplePackets(4));
    const disk = new FaultyDisk(withoutWaiting(systemDisk), ({ name, path }) =>
      name === 'writev' && /\.mp4\..*\.new$/.test(path) ? { fail: 'ENOSPC' } : 'pass',
    );
    const before = await filesOf(session);
    const [result] = await muxAll([session], { disk, force: true });
    expect(result?.error?.code).toBe('DISK_FULL');
    expect(await filesOf(session)).toEqual(before);
  });
});

describe('a session that cannot be written to', () => {
  /** Nobody, the superuser included, gets a lock where a directory has its name. */
  const closed = async (session: string) => {
    await mkdir(join(session, LOCK_FILE));
    return session;
  };

  it('is skipped like any other where its MP4 is good', async () => {
    const session = await closed(await recorded(await temporaryDirectory(), samplePackets(4)));
    const [result] = await muxAll([session]);
    expect(result).toMatchObject({ skipped: 'it has a good MP4', error: null, frames: 4 });
  });

  it('is told from one that is in use, with advice that this command can follow', async () => {
    const session = await closed(await crashed(await temporaryDirectory(), samplePackets(4)));
    const [result] = await muxAll([session]);
    expect(result).toMatchObject({ skipped: null, error: { code: 'DIRECTORY_UNUSABLE' } });
    expect(result?.error?.message).toMatch(/^cannot write to .*[^.]$/);
    expect(result?.error?.hint).toContain('--output');
  });

  it.each(['ENOSPC', 'EDQUOT'])('for want of room (%s) is told as that', (code) => {
    const error = unwritable('/srv/recordings/a', systemError(code, 'link', 'x'));
    expect(error).toMatchObject({ code: 'DISK_FULL', hint: expect.stringContaining('Make room') });
  });
});

describe('a raw stream without an index', () => {
  it('stands at the rate that is given', async () => {
    const directory = await foreign(await temporaryDirectory(), stream);
    const [result] = await muxAll([directory], { fps: 25 });
    expect(result).toMatchObject({ frames: 30, durationMs: 1200, error: null, warnings: [] });
    const { samples, created } = readByMp4box(await readFile(result?.mp4[0] ?? ''));
    expect(samples.map(({ pts }) => pts)).toEqual(samples.map((_, index) => index * 3600));
    // By the directory's name, in local time.
    expect(created).toEqual(new Date(2025, 5, 1, 12, 0, 0));
    expect(await readdir(directory)).toEqual(['stream.h264', 'stream.mp4']);
  });

  it('stands at 10 where nobody knows, with a warning that says so', async () => {
    const silent = annexB([sps(), pps(), slice({ idr: true }), slice({ frameNum: 1 })]);
    const directory = await foreign(await temporaryDirectory(), silent);
    const [result] = await muxAll([directory]);
    expect(result?.durationMs).toBe(200);
    expect(result?.warnings.join()).toContain('10 pictures a second');
  });

  it('without a key picture is made, with a warning that says so', async () => {
    const open = annexB([sps(), pps(), slice({ frameNum: 1 }), slice({ frameNum: 2 })]);
    const directory = await foreign(await temporaryDirectory(), open);
    const [result] = await muxAll([directory]);
    expect(result).toMatchObject({ frames: 2, error: null });
    expect(result?.warnings.join()).toContain('no key picture');
  });

  it('tells how many pictures it could not take', async () => {
    const damaged = otherNalUnit(0x41);
    const pictures = [sps(), pps(), slice({ idr: true }), damaged, slice({ frameNum: 1 })];
    const directory = await foreign(await temporaryDirectory(), annexB(pictures));
    const [result] = await muxAll([directory], { fps: 10 });
    expect(result).toMatchObject({ frames: 2, error: null });
    expect(result?.warnings).toEqual([
      '1 picture left out: damaged, or without usable parameter sets',
    ]);
  });

  it('that never keeps its parameter sets is refused, and nothing of it stays', async () => {
    const sets = [{ widthInMbs: 4 }, { widthInMbs: 5 }];
    const keyPictures = Array.from({ length: MAX_PARTS + 1 }, (_, n) => {
      const set = sets[n % 2] ?? {};
      return annexB([sps(set), pps(), slice({ sps: set, idr: true, idrPicId: n % 2 })]);
    });
    const directory = await foreign(await temporaryDirectory(), Buffer.concat(keyPictures));
    const [result] = await muxAll([directory]);
    expect(result?.error).toMatchObject({
      code: 'STREAM_UNSUPPORTED',
      hint: expect.stringContaining('--engine ffmpeg'),
    });
    expect(await readdir(directory)).toEqual(['stream.h264']);
  });

  it('that changes from lengths to start codes is refused at that byte', async () => {
    const nalUnits = [sps(), pps(), slice({ idr: true })];
    const lengths = lengthPrefixed(nalUnits);
    const directory = await foreign(
      await temporaryDirectory(),
      Buffer.concat([lengths, annexB(nalUnits)]),
    );
    const [result] = await muxAll([directory]);
    expect(result?.mp4).toEqual([]);
    expect(result?.error).toMatchObject({
      code: 'STREAM_UNSUPPORTED',
      message: expect.stringContaining(`byte ${lengths.length}`),
    });
  });

  it('stands at the rate that its parameter sets tell', async () => {
    const set = { vui: { timing: { numUnitsInTick: 1001, timeScale: 60_000 } } };
    const built = annexB([
      sps(set),
      pps(),
      slice({ sps: set, idr: true }),
      ...[1, 2].map((frameNum) => slice({ sps: set, frameNum, picOrderCntLsb: 2 * frameNum })),
    ]);
    const directory = await foreign(await temporaryDirectory(), built);
    const [result] = await muxAll([directory]);
    expect(result).toMatchObject({ frames: 3, durationMs: 100, warnings: [] });
  });

  it('changes its rate where its parameter sets tell another, unless one is given', async () => {
    const told = (timeScale: number) => ({ vui: { timing: { numUnitsInTick: 1, timeScale } } });
    const pictures = (set: SpsOptions) => [
      ...[sps(set), pps(), slice({ sps: set, idr: true })],
      ...[1, 2].map((frameNum) => slice({ sps: set, frameNum, picOrderCntLsb: 2 * frameNum })),
    ];
    // 25, then 50 a second, then nothing and what cannot be, which change nothing.
    const sets = [told(50), told(100), {}, told(180_000)];
    const directory = await foreign(await temporaryDirectory(), annexB(sets.flatMap(pictures)));
    for (const [fps, ticks] of [
      [undefined, [3600, 1800, 1800, 1800]],
      [10, [9000, 9000, 9000, 9000]],
    ] as const) {
      const [result] = await muxAll([directory], { fps, force: true });
      expect(result).toMatchObject({ frames: 12, error: null, warnings: [] });
      const parts = await Promise.all((result?.mp4 ?? []).map((path) => readFile(path)));
      const durations = parts.map((part) => readByMp4box(part).samples.map((s) => s.duration));
      expect(durations).toEqual(ticks.map((tick) => [tick, tick, tick]));
    }
  });

  it('of one picture lasts as long as a picture does at its rate', async () => {
    const one = Buffer.concat(samplePackets(1).map((packet) => packet.payload));
    const directory = await foreign(await temporaryDirectory(), one);
    for (const [fps, ticks] of [
      [undefined, 9000],
      [25, 3600],
      [0.5, 180_000],
    ] as const) {
      const [result] = await muxAll([directory], { fps, force: true });
      expect(result).toMatchObject({ frames: 1, durationMs: ticks / 90, error: null });
      const { samples } = readByMp4box(await readFile(result?.mp4[0] ?? ''));
      expect(samples.map(({ duration }) => duration)).toEqual([ticks]);
    }
    const set = { vui: { timing: { numUnitsInTick: 1001, timeScale: 60_000 } } };
    const told = annexB([sps(set), pps(), slice({ sps: set, idr: true })]);
    await writeFile(join(directory, 'stream.h264'), told);
    expect((await muxAll([directory], { force: true }))[0]).toMatchObject({ durationMs: 33 });
  });

  it('is skipped once it has a good MP4, unless forced', async () => {
    const directory = await foreign(await temporaryDirectory(), stream);
    await writeFile(join(directory, 'stream.mp4'), 'what a crashed ffmpeg leaves');
    const made = (await muxAll([directory]))[0];
    expect(made).toMatchObject({ skipped: null, frames: 30 });
    expect((await muxAll([directory], { fps: 5 }))[0]).toMatchObject({
      skipped: 'it has a good MP4',
      frames: 30,
      durationMs: 3000,
    });
    expect((await muxAll([directory], { fps: 5, force: true }))[0]).toMatchObject({
      skipped: null,
      durationMs: 6000,
    });
  });

  it('as a file gets its MP4 beside it, and never over another file unasked', async () => {
    const directory = await temporaryDirectory();
    const file = join(directory, 'film.h264');
    await writeFile(file, stream);
    await writeFile(join(directory, 'film.mp4'), 'precious');
    const [refused] = await muxAll([file]);
    expect(refused?.error?.code).toBe('OUTPUT_EXISTS');
    expect(await readFile(join(directory, 'film.mp4'), 'utf8')).toBe('precious');
    const [forced] = await muxAll([file], { force: true });
    expect(forced).toMatchObject({ path: file, mp4: [join(directory, 'film.mp4')], frames: 30 });
    expect((await muxAll([file]))[0]?.skipped).toBe('it has a good MP4');
    // The MP4 itself, by mistake.
    for (const force of [false, true]) {
      const [itself] = await muxAll([join(directory, 'film.mp4')], { force });
      expect(itself).toMatchObject({ error: { code: 'OUTPUT_UNUSABLE' }, skipped: null });
    }
  });
});

describe('what the built-in engine does not do', () => {
  it.each([
    ['field pictures', () => fieldStream(), 'STREAM_UNSUPPORTED', 'field pictures'],
    ['H.265', () => annexB([Buffer.of(0x40, 1, 12, 1)]), 'STREAM_UNSUPPORTED', 'H.265'],
    ['text', () => Buffer.from('hello '.repeat(1000)), 'STREAM_UNSUPPORTED', 'no H.264'],
    ['nothing', () => Buffer.alloc(0), 'STREAM_EMPTY', 'empty'],
    ['zeros', () => Buffer.alloc(100_000), 'STREAM_UNSUPPORTED', 'no H.264'],
    ['no parameter sets', () => annexB([slice({ idr: true })]), 'STREAM_EMPTY', 'parameter sets'],
    ['damage', () => annexB([sps(), pps(), otherNalUnit(0x65)]), 'STREAM_EMPTY', 'damaged'],
    [
      'a broken chain of lengths',
      () => Buffer.concat([lengthPrefixedUnits(), Buffer.alloc(200_000, 0xee)]),
      'STREAM_UNSUPPORTED',
      '',
    ],
  ] as const)('refuses %s by name', async (_what, make, code, words) => {
    const directory = await foreign(await temporaryDirectory(), make());
    const [result] = await muxAll([directory]);
    expect(result?.error?.code).toBe(code);
    expect(result?.error?.message.toLowerCase()).toContain(words.toLowerCase());
    if (code === 'STREAM_UNSUPPORTED') expect(result?.error?.hint).toContain('ffmpeg');
    expect(await readdir(directory)).toEqual(['stream.h264']);
  });
});

it('a rate that a session does not need is told of as that', async () => {
  const session = await recorded(await temporaryDirectory(), samplePackets(4));
  const [result] = await muxAll([session], { fps: 50, force: true });
  expect(result).toMatchObject({ frames: 4, durationMs: 400, error: null });
  expect(result?.warnings.join()).toMatch(/^--fps was not needed/);
});

describe('output elsewhere', () => {
  it('leaves the session as it is, recovered or not', async () => {
    const recordings = await temporaryDirectory();
    const session = await crashed(recordings);
    const before = await filesOf(session);
    const output = join(recordings, 'film.mp4');
    const [result] = await muxAll([session], { output });
    expect(result).toMatchObject({ mp4: [output], frames: 25, error: null });
    expect(await filesOf(session)).toEqual(before);
    expect((await muxAll([session], { output }))[0]?.error?.code).toBe('OUTPUT_EXISTS');
    expect((await muxAll([session], { output, force: true }))[0]?.error).toBeNull();
  });

  it('has the moov in front on request, and the same samples', async () => {
    const recordings = await temporaryDirectory();
    const session = await recorded(recordings);
    const output = join(recordings, 'film.mp4');
    const [result] = await muxAll([session], { output, faststart: true });
    expect(result?.error).toBeNull();
    const front = await readFile(output);
    const back = await readFile(join(session, 'stream.mp4'));
    expect(front.indexOf('moov')).toBeLessThan(front.indexOf('mdat'));
    const [theirs, ours] = [readByMp4box(back).samples, readByMp4box(front).samples];
    expect(ours).toHaveLength(25);
    for (const [index, { offset, ...sample }] of ours.entries()) {
      const { offset: before = 0, ...other } = theirs[index] ?? {};
      expect(sample).toEqual(other);
      expect(front.subarray(offset, offset + sample.size)).toEqual(
        back.subarray(before, before + sample.size),
      );
    }
    expect((await readdir(recordings)).filter((name) => name.includes('.new'))).toEqual([]);
  });

  it('is for one recording alone', async () => {
    const recordings = await temporaryDirectory();
    await recorded(recordings, samplePackets(2));
    await recorded(recordings, samplePackets(2));
    const output = join(recordings, 'film.mp4');
    await expect(muxAll([recordings], { output })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(muxAll([recordings], { faststart: true })).rejects.toMatchObject({
      code: 'USAGE',
    });
  });
});

describe('many at once', () => {
  it('reports each as it goes, by bytes', async () => {
    const recordings = await temporaryDirectory();
    for (let n = 0; n < 5; n += 1) await crashed(recordings, samplePackets(4));
    const events: MuxEvent[] = [];
    const results = await muxAll([recordings], { onEvent: (event) => events.push(event) });
    expect(results).toHaveLength(5);
    const [found, ...others] = events;
    const bytes = samplePackets(4).reduce((sum, { payload }) => sum + payload.length, 0);
    expect(found?.type === 'found' && found.targets.map((target) => target.bytes)).toEqual(
      Array(5).fill(bytes),
    );
    for (const index of results.keys()) {
      const mine = others.filter((event) => event.type !== 'found' && event.index === index);
      expect(mine.at(0)?.type).toBe('started');
      expect(mine.at(-1)).toEqual({ type: 'finished', index, result: results[index] });
      expect(mine.at(-2)).toEqual({ type: 'progress', index, bytes });
    }
  });

  it('recovers what a recorder that has ended has only just begun', async () => {
    const recordings = await temporaryDirectory();
    const session = await crashed(recordings);
    const manifest = await manifestIn(session);
    expect(manifest.state).toBe('recording');
    await utimes(session, new Date(), new Date());
    expect((await muxAll([recordings]))[0]?.recovery).not.toBeNull();
  });
});

function fieldStream(): Buffer {
  return annexB([
    sps({ frameMbsOnly: false }),
    pps(),
    slice({ sps: { frameMbsOnly: false }, idr: true, field: 'top' }),
    slice({ sps: { frameMbsOnly: false }, idr: true, field: 'bottom' }),
  ]);
}

function lengthPrefixedUnits(): Buffer {
  return Buffer.concat(
    [sps(), pps(), slice({ idr: true })].flatMap((unit) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(unit.length);
      return [length, unit];
    }),
  );
}
