/**
 * Who may recover a session: nobody while somebody writes it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { thisProcess } from '../../src/lib/base/process-identity.js';
import { LOCK_FILE, lockDirectory } from '../../src/lib/storage/directory-lock.js';
import { crashedSession, linkTo, PICTURES } from '../support/crashed-session.js';
import { manifestIn, muxAll, recover, writeManifestIn } from '../support/mux-sessions.js';

// Decoding is judged elsewhere, and takes its time.
beforeAll(() => {
  vi.stubEnv('FFMPEG_BIN', '/nonexistent/ffmpeg');
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
