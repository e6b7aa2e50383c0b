/**
 * The process beside a daemon that starts ffmpeg, as it is built: real ones, killed for real.
 */
import { fork } from 'node:child_process';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/lib/base/logger.js';
import { FIRST_INPUT } from '../../src/lib/ffmpeg/ffmpeg.js';
import { FfmpegProcess } from '../../src/lib/ffmpeg/ffmpeg-process.js';
import { Thumbnailer } from '../../src/lib/ffmpeg/thumbnail.js';
import { encodeClip } from '../support/mp4-clips.js';
import { ServeProcess } from '../support/serve-process.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { ffmpeg, repositoryRoot } from '../support/tools.js';

vi.mock('node:child_process', { spy: true });

const worker = join(repositoryRoot, 'dist/lib/ffmpeg/ffmpeg-worker.js');

const processes: FfmpegProcess[] = [];

afterEach(() => {
  for (const one of processes.splice(0)) one.close();
  vi.unstubAllEnvs();
});

function ffmpegProcess(): FfmpegProcess {
  const made = new FfmpegProcess(worker);
  processes.push(made);
  return made;
}

/** Empty for a process that has ended and that nobody has asked about: proc(5). */
const commandLine = (pid: number) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');

/** Puts a script in ffmpeg's place that does this before it runs ffmpeg. */
async function takeItsPlace(directory: string, before: string): Promise<void> {
  const script = join(directory, 'ffmpeg');
  await writeFile(script, `#!/bin/sh\n${before}\nexec '${ffmpeg}' "$@"\n`);
  await chmod(script, 0o755);
  vi.stubEnv('FFMPEG_BIN', script);
}

describe.skipIf(ffmpeg === undefined || process.platform === 'win32')(
  'a process that starts ffmpeg (needs ffmpeg)',
  () => {
    const clip = () => encodeClip({ frames: 3, size: '176x144' });
    const countPictures = ['-f', 'h264', '-i', `pipe:${FIRST_INPUT}`, '-f', 'framemd5', '-'];

    it('runs several at once, each with its own input', async () => {
      const running = ffmpegProcess();
      const runs = [clip(), encodeClip({ frames: 5, size: '176x144' })].map((input) =>
        running.run(countPictures, { inputs: [input] }),
      );
      const { pid } = running;
      const pictures = (await Promise.all(runs)).map(
        ({ stdout }) => stdout.split('\n').filter((line) => /^\d/.test(line)).length,
      );
      expect(pictures).toEqual([3, 5]);
      expect([typeof pid, running.pid === pid, pid === process.pid]).toEqual([
        'number',
        true,
        false,
      ]);
    });

    it('passes on what ffmpeg complains of', async () => {
      const failing = ffmpegProcess().run(['-i', '/nowhere/clip.mp4', '-f', 'null', '-']);
      await expect(failing).rejects.toMatchObject({
        code: 'FFMPEG_FAILED',
        message: expect.stringContaining('/nowhere/clip.mp4'),
      });
    });

    it('makes thumbnails', async () => {
      const directory = await temporaryDirectory();
      const running = ffmpegProcess();
      const thumbnailer = new Thumbnailer(silentLogger, (...order) => running.run(...order));
      expect(await thumbnailer.make(clip(), join(directory, 'one.jpg'))).toBe(true);
      expect(await readdir(directory)).toEqual(['one.jpg']);
    });

    it('that was killed costs what it ran, and there is another for the next', async () => {
      const directory = await temporaryDirectory();
      const begun = join(directory, 'begun');
      await takeItsPlace(directory, `[ -e '${begun}' ] || { touch '${begun}'; sleep 60; }`);
      const running = ffmpegProcess();
      const killed = running.run(['-version']);
      await vi.waitUntil(async () => (await readdir(directory)).includes('begun'), 20_000);
      const { pid = 0 } = running;
      process.kill(pid, 'SIGKILL');
      await expect(killed).rejects.toMatchObject({
        code: 'FFMPEG_FAILED',
        message: 'the process that starts ffmpeg has ended (SIGKILL)',
      });
      expect((await running.run(['-version'])).stdout).toContain('ffmpeg version');
      expect(running.pid).not.toBe(pid);
    });

    it.skipIf(process.platform !== 'linux')('ends with what it runs', async () => {
      const directory = await temporaryDirectory();
      const pidFile = join(directory, 'pid');
      await takeItsPlace(directory, `echo $$ > '${pidFile}'; exec sleep 60`);
      const running = ffmpegProcess();
      const ended = expect(running.run(['-version'])).rejects.toMatchObject({
        code: 'FFMPEG_FAILED',
      });
      const pid = await vi.waitUntil(
        async () => Number(await readFile(pidFile, 'utf8').catch(() => '')),
        20_000,
      );
      expect(await commandLine(pid)).not.toBe('');
      running.close();
      await ended;
      await vi.waitUntil(async () => (await commandLine(pid)) === '', 20_000);
      expect(running.pid).toBeUndefined();
    });
  },
);

it('says that there is no ffmpeg', async () => {
  vi.stubEnv('FFMPEG_BIN', '/nowhere/ffmpeg');
  await expect(ffmpegProcess().run(['-version'])).rejects.toMatchObject({
    code: 'FFMPEG_MISSING',
  });
});

describe.skipIf(ffmpeg === undefined || process.platform !== 'linux')(
  'the process of a daemon (needs ffmpeg)',
  () => {
    /** The child that has given itself this name: an ffmpeg has another. */
    async function childOf(pid: number): Promise<number> {
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
      for (const child of children.split(' ').map(Number)) {
        if ((await commandLine(child)).startsWith('camrec ffmpeg')) return child;
      }
      return 0;
    }

    it.each(['SIGTERM', 'SIGKILL'] as const)('ends with it, by %s', async (signal) => {
      const serve = await ServeProcess.start();
      try {
        const pid = await vi.waitUntil(() => childOf(serve.child.pid ?? 0), 20_000);
        // As a terminal or a service manager does, which asks all processes to end.
        process.kill(pid, 'SIGTERM');
        process.kill(pid, 'SIGINT');
        expect(await commandLine(pid)).not.toBe('');
        serve.signal(signal);
        await serve.exited;
        await vi.waitUntil(async () => (await commandLine(pid)) === '', 20_000);
      } finally {
        await serve.remove();
      }
    });
  },
);

it('is tried again where it could not be started, which ends nothing', async () => {
  vi.mocked(fork).mockImplementation(() => {
    throw Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM' });
  });
  const running = ffmpegProcess();
  running.start();
  await expect(running.run(['-version'])).rejects.toMatchObject({
    code: 'FFMPEG_FAILED',
    message: 'the process that starts ffmpeg cannot be started: spawn ENOMEM',
  });
  vi.mocked(fork).mockReset();
  running.start();
  expect(running.pid).toBeTypeOf('number');
});
