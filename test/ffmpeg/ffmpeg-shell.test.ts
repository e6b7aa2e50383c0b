/**
 * The shell beside a daemon that starts ffmpeg: real ones, killed for real.
 */
import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/lib/base/logger.js';
import { FfmpegShell } from '../../src/lib/ffmpeg/ffmpeg-shell.js';
import { Thumbnailer } from '../../src/lib/ffmpeg/thumbnail.js';
import { encodeClip } from '../support/mp4-clips.js';
import { ServeProcess } from '../support/serve-process.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { ffmpeg } from '../support/tools.js';

vi.mock('node:child_process', { spy: true });

const shells: FfmpegShell[] = [];

afterEach(() => {
  for (const one of shells.splice(0)) one.close();
  vi.unstubAllEnvs();
});

function ffmpegShell(): FfmpegShell {
  const made = new FfmpegShell();
  shells.push(made);
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
  'a shell that starts ffmpeg (needs ffmpeg)',
  () => {
    const clip = () => encodeClip({ frames: 3, size: '176x144' });

    it('runs one after the other, whatever their words are', async () => {
      const directory = await temporaryDirectory();
      const input = join(directory, 'it\'s $HOME; a `clip`\nof "two lines".h264');
      await writeFile(input, clip());
      const running = ffmpegShell();
      const outputs = ['first.txt', 'second.txt'].map((name) => join(directory, name));
      await Promise.all(
        outputs.map((output) =>
          running.run(['-f', 'h264', '-i', `file:${input}`, '-f', 'framemd5', output]),
        ),
      );
      const pictures = await Promise.all(
        outputs.map(
          async (output) =>
            (await readFile(output, 'utf8')).split('\n').filter((line) => /^\d/.test(line)).length,
        ),
      );
      expect(pictures).toEqual([3, 3]);
      expect(running.pid).toBeTypeOf('number');
    });

    it('passes on what ffmpeg complains of', async () => {
      const failing = ffmpegShell().run(['-i', '/nowhere/clip.mp4', '-f', 'null', '-']);
      await expect(failing).rejects.toMatchObject({
        code: 'FFMPEG_FAILED',
        message: expect.stringMatching(/^ffmpeg failed: .*\/nowhere\/clip.mp4/),
      });
    });

    it('makes thumbnails', async () => {
      const directory = await temporaryDirectory();
      const running = ffmpegShell();
      const thumbnailer = new Thumbnailer(silentLogger, (...order) => running.run(...order));
      expect(await thumbnailer.make(clip(), join(directory, 'one.jpg'))).toBe(true);
      expect(await readdir(directory)).toEqual(['one.jpg']);
    });

    it('that was killed costs what it ran, and there is another for the next', async () => {
      const directory = await temporaryDirectory();
      const begun = join(directory, 'begun');
      await takeItsPlace(directory, `[ -e '${begun}' ] || { touch '${begun}'; sleep 60; }`);
      const running = ffmpegShell();
      const killed = running.run(['-version']);
      await vi.waitUntil(async () => (await readdir(directory)).includes('begun'), 20_000);
      const { pid = 0 } = running;
      process.kill(pid, 'SIGKILL');
      await expect(killed).rejects.toMatchObject({
        code: 'FFMPEG_FAILED',
        message: 'the shell that starts ffmpeg has ended (SIGKILL)',
      });
      await running.run(['-version']);
      expect(running.pid).not.toBe(pid);
    });

    it('ends one that takes too long, and goes on with the next', async () => {
      const directory = await temporaryDirectory();
      const begun = join(directory, 'begun');
      await takeItsPlace(directory, `[ -e '${begun}' ] || { touch '${begun}'; sleep 60; }`);
      const running = ffmpegShell();
      const hanging = running.run(['-version'], { timeoutMs: 1000 });
      const next = running.run(['-version'], { timeoutMs: 20_000 });
      await expect(hanging).rejects.toMatchObject({
        code: 'FFMPEG_FAILED',
        message: 'ffmpeg took over 1 s',
      });
      await next;
    });

    it.skipIf(process.platform !== 'linux')('ends with what it runs', async () => {
      const directory = await temporaryDirectory();
      const pidFile = join(directory, 'pid');
      await takeItsPlace(directory, `echo $$ > '${pidFile}'; exec sleep 60`);
      const running = ffmpegShell();
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
  await expect(ffmpegShell().run(['-version'])).rejects.toMatchObject({
    code: 'FFMPEG_MISSING',
  });
});

describe.skipIf(ffmpeg === undefined || process.platform !== 'linux')(
  'the shell of a daemon (needs ffmpeg)',
  () => {
    /** The child that goes by this name. */
    async function childOf(pid: number): Promise<number> {
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
      for (const child of children.split(' ').map(Number)) {
        if ((await commandLine(child)).includes('camrec ffmpeg')) return child;
      }
      return 0;
    }

    /** Processes of its group. proc(5): the fifth field of stat, counted from behind the name in brackets. */
    async function groupOf(leader: number): Promise<number[]> {
      const members: number[] = [];
      for (const pid of (await readdir('/proc')).map(Number).filter(Number.isInteger)) {
        const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
        const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (Number(group) === leader && state !== 'Z') members.push(pid);
      }
      return members;
    }

    it.each(['SIGTERM', 'SIGKILL'] as const)('ends with it, by %s', async (signal) => {
      const serve = await ServeProcess.start();
      try {
        const pid = await vi.waitUntil(() => childOf(serve.child.pid ?? 0), 20_000);
        // The shell, and what waits in it for the end of the daemon.
        const group = await vi.waitUntil(async () => {
          const members = await groupOf(pid);
          return members.length === 2 && members;
        }, 20_000);
        // As a terminal or a service manager does, which asks all processes to end.
        for (const member of group) {
          process.kill(member, 'SIGTERM');
          process.kill(member, 'SIGINT');
        }
        expect(await groupOf(pid)).toEqual(group);
        serve.signal(signal);
        await serve.exited;
        await vi.waitUntil(async () => (await groupOf(pid)).length === 0, 20_000);
      } finally {
        await serve.remove();
      }
    });
  },
);

it.each([
  [
    'spawn ENOMEM',
    () => {
      throw Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM' });
    },
  ],
  // What Node gives then: a process without pipes, and no error.
  ['too many files are open', () => Object.assign(new EventEmitter(), { unref() {} }) as never],
])('is tried again where it could not be started, which ends nothing: %s', async (why, fails) => {
  vi.stubEnv('FFMPEG_BIN', 'true');
  vi.mocked(spawn).mockImplementation(fails);
  const running = ffmpegShell();
  await expect(running.run(['-version'])).rejects.toMatchObject({
    code: 'FFMPEG_FAILED',
    message: `the shell that starts ffmpeg cannot be started: ${why}`,
  });
  vi.mocked(spawn).mockReset();
  await running.run(['-version']);
  expect(running.pid).toBeTypeOf('number');
});
