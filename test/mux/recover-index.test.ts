/**
 * Recovery where the index and the raw stream do not agree: which rows are trusted, and what is kept of the others.
 */
import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { crashedSession, PICTURES, rowsIn } from '../support/crashed-session.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { crashed, failedChecks, fastDisk, manifestIn, recover } from '../support/mux-sessions.js';
import { recordSession, samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

// Decoding is judged elsewhere, and takes its time.
beforeAll(() => {
  vi.stubEnv('FFMPEG_BIN', '/nonexistent/ffmpeg');
});

async function endsBefore(index: string, text: string): Promise<void> {
  await truncate(index, (await readFile(index, 'latin1')).indexOf(text) + 1);
}

async function damage(index: string, text: string, damaged: string): Promise<void> {
  await writeFile(index, (await readFile(index, 'latin1')).replace(text, damaged));
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

describe('an unfinished session whose index and raw stream do not agree', () => {
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
});
