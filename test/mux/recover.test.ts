import {
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { thisProcess } from '../../src/lib/base/process-identity.js';
import { newPathFor } from '../../src/lib/mux/new-files.js';
import { salvageJson } from '../../src/lib/mux/salvage-manifest.js';
import { LOCK_FILE, lockDirectory } from '../../src/lib/storage/directory-lock.js';
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
  renamed,
  writeManifestIn,
} from '../support/mux-sessions.js';
import { recordSession, rowsOf, samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

// Decoding is judged elsewhere, and takes its time.
beforeAll(() => {
  vi.stubEnv('FFMPEG_BIN', '/nonexistent/ffmpeg');
});

const PICTURES = 25;

async function crashedSession(): Promise<string> {
  return crashed(await temporaryDirectory(), samplePackets(PICTURES));
}

async function rowsIn(directory: string) {
  return rowsOf(await readFile(join(directory, 'frames.csv'), 'latin1'));
}

async function endsBefore(index: string, text: string): Promise<void> {
  await truncate(index, (await readFile(index, 'latin1')).indexOf(text) + 1);
}

async function damage(index: string, text: string, damaged: string): Promise<void> {
  await writeFile(index, (await readFile(index, 'latin1')).replace(text, damaged));
}

/** A symbolic link to a directory, by another name and from elsewhere. */
async function linkTo(directory: string): Promise<string> {
  const link = join(await temporaryDirectory(), 'latest');
  await symlink(directory, link);
  return link;
}

/** Leaves zeros where the bytes of a packet should be. */
async function zeroPacket(directory: string, packet: number): Promise<void> {
  const path = join(directory, 'stream.h264');
  const raw = await readFile(path);
  const { offset = 0, size = 0 } = (await rowsIn(directory))[packet] ?? {};
  await writeFile(path, raw.fill(0, offset, offset + size));
}

/** Whose index cannot be followed behind its tenth row. */
async function withDamagedIndex() {
  const directory = await crashedSession();
  const index = join(directory, 'frames.csv');
  const damaged = (await readFile(index, 'latin1')).replace('\n10,', '\n1x,');
  await writeFile(index, damaged);
  return { directory, damaged };
}

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

  it('drops a torn last row and keeps its bytes', async () => {
    const directory = await crashedSession();
    const index = join(directory, 'frames.csv');
    const raw = await readFile(join(directory, 'stream.h264'));
    const last = (await rowsIn(directory)).at(-1);
    await truncate(index, (await stat(index)).size - 9);
    const { state, recovery, counts } = await recover(directory);
    expect(state).toBe('recovered');
    expect(counts.frames).toBe(PICTURES - 1);
    expect(recovery).toMatchObject({ lostFrames: 1, lostBytes: last?.size });
    expect(recovery?.notes.join()).toContain('torn');
    expect(await readFile(join(directory, 'stream.h264'))).toEqual(raw);
    expect(await rowsIn(directory)).toHaveLength(PICTURES);
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('counts bytes beyond the last row as lost', async () => {
    const directory = await crashedSession();
    const index = join(directory, 'frames.csv');
    const lines = (await readFile(index, 'latin1')).split('\n');
    await writeFile(index, `${lines.slice(0, -4).join('\n')}\n`);
    const { recovery, counts } = await recover(directory);
    expect(counts.frames).toBe(PICTURES - 3);
    expect(recovery?.lostFrames).toBe(3);
    expect(recovery?.lostBytes).toBeGreaterThan(0);
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('drops rows whose bytes are not there', async () => {
    const directory = await crashedSession();
    const rows = await rowsIn(directory);
    await truncate(join(directory, 'stream.h264'), (rows.at(-3)?.offset ?? 0) + 10);
    const { recovery, counts } = await recover(directory);
    expect(counts.frames).toBe(PICTURES - 3);
    expect(recovery).toMatchObject({ lostFrames: 3, lostBytes: 10, lostMs: 300 });
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('trusts no row behind one that leaves a gap', async () => {
    const directory = await crashedSession();
    const index = join(directory, 'frames.csv');
    const gap = (await readFile(index, 'latin1')).replace(/^10,.*\n/m, '');
    await writeFile(index, gap);
    const { recovery, counts } = await recover(directory);
    expect(counts.packets).toBe(10);
    expect(recovery).toMatchObject({ lostFrames: PICTURES - 9, lostMs: 100 * (PICTURES - 9) });
    expect(recovery?.notes.join()).toContain('the row of packet 11 begins at byte');
    expect(await readFile(join(directory, 'frames.csv.damaged'), 'latin1')).toBe(gap);
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('drops rows whose bytes a power cut turned to zeros', async () => {
    const directory = await crashedSession();
    const rows = await rowsIn(directory);
    const raw = await readFile(join(directory, 'stream.h264'));
    raw.fill(0, rows.at(-2)?.offset);
    await writeFile(join(directory, 'stream.h264'), raw);
    const { recovery, counts } = await recover(directory);
    expect(counts.frames).toBe(PICTURES - 2);
    expect(recovery?.lostFrames).toBe(2);
    expect(recovery?.notes.join()).toContain('packet 24 are not those that were written');
    // The index was right.
    expect(await readdir(directory)).not.toContain('frames.csv.damaged');
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('keeps the index beside the one that it cuts where the raw stream is damaged before its end', async () => {
    const directory = await crashedSession();
    const index = await readFile(join(directory, 'frames.csv'), 'latin1');
    await zeroPacket(directory, 10);
    const { recovery, counts } = await recover(directory);
    expect(counts.frames).toBe(9);
    expect(recovery?.lostFrames).toBe(PICTURES - 9);
    expect(await readFile(join(directory, 'frames.csv.damaged'), 'latin1')).toBe(index);
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('keeps the pictures behind a first one that is damaged, at estimated times', async () => {
    const directory = await crashedSession();
    const index = await readFile(join(directory, 'frames.csv'), 'latin1');
    await zeroPacket(directory, 1);
    const { state, recovery, counts } = await recover(directory);
    expect(state).toBe('recovered');
    // The first is damaged, and the last may be torn.
    expect(counts.frames).toBe(PICTURES - 2);
    expect(recovery?.notes.join()).toContain('packet 1 are not those that were written');
    expect(recovery?.notes.join()).toContain('estimated times');
    expect(await readFile(join(directory, 'frames.csv.damaged'), 'latin1')).toBe(index);
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
    ['empty', (index: string) => truncate(index, 0)],
    ['missing', (index: string) => rm(index)],
    ['nothing but its header', (index: string) => truncate(index, 50)],
    ['something else', (index: string) => writeFile(index, 'hello\nworld\n')],
    ['nothing but the row of the configuration', (index: string) => endsBefore(index, '\n1,')],
    ['torn in the row of the first picture', (index: string) => endsBefore(index, '1,5100,')],
    ['damaged in the row of the first picture', (index: string) => damage(index, '\n1,', '\n1x')],
  ])('estimates the times where the index is %s', async (_what, spoil) => {
    const directory = await crashedSession();
    await spoil(join(directory, 'frames.csv'));
    const { state, recovery, counts } = await recover(directory);
    expect(state).toBe('recovered');
    // The last picture may be torn.
    expect(counts.frames).toBe(PICTURES - 1);
    expect(recovery?.lostFrames).toBe(1);
    expect(recovery?.notes.join()).toContain('estimated');
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('loses a picture that came alone and has no row: it may be torn', async () => {
    const directory = await crashed(await temporaryDirectory(), samplePackets(1));
    await endsBefore(join(directory, 'frames.csv'), '\n1,');
    const { state, recovery } = await recover(directory);
    expect({ state, lost: recovery?.lostFrames }).toEqual({ state: 'failed', lost: 1 });
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('keeps a picture that came alone where there is no index at all', async () => {
    const directory = await crashed(await temporaryDirectory(), samplePackets(1));
    await rm(join(directory, 'frames.csv'));
    const { state, recovery, counts } = await recover(directory);
    expect({ state, frames: counts.frames }).toEqual({ state: 'recovered', frames: 1 });
    expect(recovery).toMatchObject({ lostFrames: 0, lostBytes: 0 });
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('keeps a damaged index beside the one that it repairs', async () => {
    const { directory } = await withDamagedIndex();
    const { counts } = await recover(directory);
    expect(counts.packets).toBe(10);
    expect(await readFile(join(directory, 'frames.csv.damaged'), 'latin1')).toContain('\n1x,');
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('keeps it where none of its rows can be trusted, too', async () => {
    const directory = await crashedSession();
    const index = join(directory, 'frames.csv');
    await damage(index, '\n1,', '\n1x');
    const damaged = await readFile(index, 'latin1');
    expect((await recover(directory)).counts.frames).toBe(PICTURES - 1);
    expect(await readFile(join(directory, 'frames.csv.damaged'), 'latin1')).toBe(damaged);
  });

  it('keeps it by a copy where the file system has no links', async () => {
    const { directory, damaged } = await withDamagedIndex();
    const unlinked = new FaultyDisk(fastDisk, ({ name }) =>
      name === 'link' ? { fail: 'EPERM' } : 'pass',
    );
    await recover(directory, unlinked);
    expect(await readFile(join(directory, 'frames.csv.damaged'), 'latin1')).toBe(damaged);
    expect(await failedChecks(directory)).toEqual([]);
  });

  it.each(['open', 'writev', 'sync', 'rename'])(
    'leaves it as it is where it cannot be kept: %s fails',
    async (failing) => {
      const { directory, damaged } = await withDamagedIndex();
      const full = new FaultyDisk(fastDisk, ({ name, path }) =>
        name === 'link' || (name === failing && basename(path).startsWith('frames.csv.damaged'))
          ? { fail: 'ENOSPC' }
          : 'pass',
      );
      await expect(recover(directory, full)).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(await readFile(join(directory, 'frames.csv'), 'latin1')).toBe(damaged);
      expect((await manifestIn(directory)).state).toBe('recording');
      expect((await recover(directory)).counts.packets).toBe(10);
      expect(await readFile(join(directory, 'frames.csv.damaged'), 'latin1')).toBe(damaged);
      expect((await readdir(directory)).filter((name) => name.endsWith('.new'))).toEqual([]);
    },
  );

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

  it.each([1, 2, 3])(
    'counts no picture twice where write %i of the index failed, and none that it keeps',
    async (failing) => {
      let writes = 0;
      const disk = new FaultyDisk(fastDisk, ({ name, path }) => {
        if (name !== 'writev' || !path.endsWith('frames.csv')) return 'pass';
        writes += 1;
        return writes === failing ? { fail: 'EIO' } : 'pass';
      });
      const packets = samplePackets(PICTURES);
      const directory = await temporaryDirectory();
      const { session, sent } = await recordSession({ directory, disk, packets });
      expect(session.manifest).toMatchObject({ state: 'failed', reason: 'disk-error' });
      const { state, counts, recovery } = await recover(session.directory);
      expect(state).toBe('recovered');
      expect(recovery?.notes.join().includes('estimated')).toBe(failing === 1);
      expect(counts.packets + counts.dropped).toBeLessThanOrEqual(sent.length);
      // The configuration in front came as a packet of its own; made anew, the index has no row of it.
      const asPictures = failing === 1 ? sent.length : sent.length - 1;
      expect(recovery?.lostFrames).toBe(asPictures - counts.frames);
      expect(await failedChecks(session.directory)).toEqual([]);
    },
  );

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

describe('a manifest that is damaged', () => {
  it('is rebuilt from what remains, wherever it is cut', async () => {
    const recordings = await temporaryDirectory();
    const directory = await renamed(await crashed(recordings), 'kitchen_20250601_143005');
    const before = await manifestIn(directory);
    await writeManifestIn(directory, { ...before, label: 'take 1', captureId: 'abc' });
    const text = await readFile(join(directory, 'session.json'), 'utf8');
    const raw = await readFile(join(directory, 'stream.h264'));
    for (let cut = 0; cut < text.length - 2; cut += 97) {
      await writeFile(join(directory, 'session.json'), text.slice(0, cut));
      const recovered = await recover(directory);
      expect(recovered.state).toBe('recovered');
      expect(recovered.id).toBe('kitchen_20250601_143005');
      expect(recovered.counts.frames).toBe(25);
      const isTold = cut > text.indexOf('"startedAt"') + 50;
      const fromName = new Date(2025, 5, 1, 14, 30, 5).toISOString();
      expect(recovered.startedAt).toBe(isTold ? before.startedAt : fromName);
      expect(recovered.label).toBe(cut > text.indexOf('take 1') + 10 ? 'take 1' : null);
      if (cut < 20) expect(recovered.device.name).toBe('kitchen');
    }
    expect(await readFile(join(directory, 'stream.h264'))).toEqual(raw);
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('is made anew where it is missing', async () => {
    const recordings = await temporaryDirectory();
    const directory = await renamed(await crashed(recordings), '10.0.0.5_40000_20250601_143005');
    await rm(join(directory, 'session.json'));
    const { state, device } = await recover(directory);
    expect(state).toBe('recovered');
    expect(device.name).toBe('10.0.0.5_40000');
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('is made by the name of the directory itself, not of a link to it', async () => {
    const directory = await crashedSession();
    const id = basename(directory);
    await rm(join(directory, 'session.json'));
    expect((await muxAll([await linkTo(directory)]))[0]?.error).toBeNull();
    // What the name tells, and the link's does not.
    expect(await manifestIn(directory)).toMatchObject({ id, device: { id: id.split('_')[0] } });
    expect(await failedChecks(directory)).toEqual([]);
    expect(await failedChecks(await linkTo(directory))).toEqual([]);
  });

  it('gives up its whole fields and no others', () => {
    expect(salvageJson('')).toEqual({});
    expect(salvageJson('{"a": 1, "b')).toEqual({ a: 1 });
    expect(salvageJson('{"a": {"b": [1, 2, 3], "c": "x,y}", "d": ')).toEqual({
      a: { b: [1, 2, 3], c: 'x,y}' },
    });
    expect(salvageJson('{"a": "\\"{", "b": [{"c": 1}, {"d"')).toEqual({ a: '"{', b: [{ c: 1 }] });
    expect(salvageJson('\u0000\u0000\u0000')).toEqual({});
    expect(salvageJson('[1, 2')).toEqual({});
  });
});

describe('a session that somebody writes', () => {
  it('is left alone while its recorder lives', async () => {
    const directory = await crashedSession();
    const manifest = await manifestIn(directory);
    await writeManifestIn(directory, {
      ...manifest,
      writer: { ...manifest.writer, ...thisProcess() },
    });
    const before = await readFile(join(directory, 'stream.mp4'));
    const [result] = await muxAll([directory], { force: true });
    expect(result).toMatchObject({ error: null, mp4: [] });
    expect(result?.skipped).toContain(`process ${process.pid}`);
    expect(await readFile(join(directory, 'stream.mp4'))).toEqual(before);
  });

  it('is left alone while its recorder in another container holds the recordings', async () => {
    const directory = await crashedSession();
    const manifest = await manifestIn(directory);
    const recorder = { ...thisProcess(), pid: 1, processStart: '1', pidNamespace: 'pid:[1]' };
    await writeManifestIn(directory, { ...manifest, writer: { version: '0', ...recorder } });
    const lock = join(dirname(directory), LOCK_FILE);
    await writeFile(lock, JSON.stringify(recorder));
    for (const path of [directory, await linkTo(directory)]) {
      const [busy] = await muxAll([path]);
      expect(busy?.skipped).toContain('process 1 on');
    }
    // The one that has been started in its place.
    await writeFile(lock, JSON.stringify(thisProcess()));
    expect((await muxAll([directory]))[0]).toMatchObject({ skipped: null, frames: PICTURES });
  });

  it('is left alone while another process works on it', async () => {
    const directory = await crashedSession();
    const lock = await lockDirectory(directory);
    const [result] = await muxAll([directory]);
    expect(result?.skipped).toContain('another camrec process');
    await lock.release();
    expect((await muxAll([directory]))[0]).toMatchObject({ skipped: null, frames: PICTURES });
  });

  it('is not recovered twice', async () => {
    const directory = await crashedSession();
    await recover(directory);
    const [again] = await muxAll([directory]);
    expect(again?.skipped).toBe('it has a good MP4');
    await expect(recover(directory)).rejects.toThrow('it is finished');
  });
});
