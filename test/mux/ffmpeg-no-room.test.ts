import { spawnSync } from 'node:child_process';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { muxAll, recorded } from '../support/mux-sessions.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { ffmpeg, repositoryRoot } from '../support/tools.js';

/** Copies by an ffmpeg that says this and exits so. Resolves with the error, which leaves the older MP4. */
async function copyBy(words: string, status: number) {
  const directory = await temporaryDirectory();
  const session = await recorded(directory);
  const program = join(directory, 'ffmpeg');
  await writeFile(program, `#!/bin/sh\necho "${words}" >&2\nexit ${status}\n`);
  await chmod(program, 0o755);
  vi.stubEnv('FFMPEG_BIN', program);
  const before = await readFile(join(session, 'stream.mp4'));
  const copied = muxAll([session], { engine: 'ffmpeg', force: true });
  const [result] = await copied.finally(() => vi.unstubAllEnvs());
  expect(await readFile(join(session, 'stream.mp4'))).toEqual(before);
  expect(await readdir(session)).not.toContainEqual(expect.stringMatching(/\.new$/));
  return result?.error;
}

describe('a disk without room under ffmpeg', () => {
  it('is told as what it is, with what to do', async () => {
    const words = 'av_interleaved_write_frame(): No space left on device';
    expect(await copyBy(words, 1)).toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('ENOSPC: no space left on device, write'),
      hint: 'Make room, or write elsewhere with --output.',
    });
    expect(await copyBy('Error writing trailer of o.mp4: Disk quota exceeded', 1)).toMatchObject({
      code: 'DISK_FULL',
    });
  });

  it('is told where only the end did not fit, which ffmpeg calls a success', async () => {
    const words = 'Error writing trailer of o.mp4: No space left on device';
    expect(await copyBy(words, 0)).toMatchObject({ code: 'DISK_FULL' });
  });

  it('is no reason where ffmpeg failed by something else', async () => {
    expect(await copyBy('Invalid data found when processing input', 1)).toMatchObject({
      code: 'FFMPEG_FAILED',
      message: 'ffmpeg failed: Invalid data found when processing input',
    });
  });
});

it.skipIf(ffmpeg === undefined)('a limit of files that ends ffmpeg is told as one', async () => {
  const directory = await temporaryDirectory();
  const session = await recorded(directory);
  const run = `ulimit -f 8; exec "$0" bin/run.js mux "$1" --engine ffmpeg --force --json`;
  const { stdout, status } = spawnSync('sh', ['-c', run, process.execPath, session], {
    cwd: repositoryRoot,
    encoding: 'utf8',
  });
  const [result] = JSON.parse(stdout).results;
  expect(result.error).toMatchObject({
    code: 'DISK_WRITE',
    message: expect.stringMatching(/^EFBIG: file too large, write '.*\.new'$/),
    hint: 'No file may be larger there: write to another file system with --output.',
  });
  expect(status).toBe(1);
});
