/**
 * The process that makes thumbnails beside a daemon, as it is built: real ones, killed for real.
 */
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Logger, silentLogger } from '../../src/lib/base/logger.js';
import { ThumbnailProcess } from '../../src/lib/mux/thumbnail-process.js';
import { encodeClip } from '../support/mp4-clips.js';
import { ServeProcess } from '../support/serve-process.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { ffmpeg, repositoryRoot } from '../support/tools.js';

const worker = join(repositoryRoot, 'dist/lib/mux/thumbnail-worker.js');

interface Said {
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

const running: ThumbnailProcess[] = [];

afterEach(() => {
  for (const thumbnails of running.splice(0)) thumbnails.close();
  vi.unstubAllEnvs();
});

/** One that has not been started, and what it says. */
function thumbnailProcess(program = worker): { thumbnails: ThumbnailProcess; said: Said[] } {
  const said: Said[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (fields, message) => void said.push({ fields, message }),
  };
  const thumbnails = new ThumbnailProcess({ logger, worker: program });
  running.push(thumbnails);
  return { thumbnails, said };
}

/** Puts a script in ffmpeg's place that says its version at once, and does this before it makes a thumbnail. */
async function takeItsPlace(directory: string, before: string): Promise<void> {
  const script = join(directory, 'ffmpeg');
  const isVersion = '[ "$1" = -version ]';
  await writeFile(script, `#!/bin/sh\n${isVersion} || { ${before}; }\nexec '${ffmpeg}' "$@"\n`);
  await chmod(script, 0o755);
  vi.stubEnv('FFMPEG_BIN', script);
}

describe.skipIf(ffmpeg === undefined || process.platform === 'win32')(
  'a process that makes thumbnails (needs ffmpeg)',
  () => {
    const picture = () => encodeClip({ frames: 1, size: '176x144' });

    it('makes them, one after the other and together', async () => {
      const directory = await temporaryDirectory();
      const { thumbnails, said } = thumbnailProcess();
      const make = (name: string) => thumbnails.make(picture(), join(directory, name));
      expect(await make('one.jpg')).toBe(true);
      const { pid } = thumbnails;
      expect(await Promise.all([make('two.jpg'), make('three.jpg')])).toEqual([true, true]);
      expect((await readdir(directory)).sort()).toEqual(['one.jpg', 'three.jpg', 'two.jpg']);
      expect((await readFile(join(directory, 'two.jpg'))).subarray(0, 2)).toEqual(
        Buffer.of(0xff, 0xd8),
      );
      expect([thumbnails.pid === pid, pid === process.pid, said]).toEqual([true, false, []]);
    });

    it('is told at once of one that was given up', async () => {
      const directory = await temporaryDirectory();
      await takeItsPlace(directory, 'exec sleep 60');
      const { thumbnails, said } = thumbnailProcess();
      const givenUp = new AbortController();
      const made = thumbnails.make(picture(), join(directory, 'one.jpg'), givenUp.signal);
      givenUp.abort();
      expect(await made).toBe(false);
      expect(said).toMatchObject([{ message: 'no thumbnail: ffmpeg took too long' }]);
    });

    it('that was killed costs what it was about to make, and there is another for the next', async () => {
      const directory = await temporaryDirectory();
      const begun = join(directory, 'begun');
      await takeItsPlace(directory, `[ -e '${begun}' ] || { touch '${begun}'; sleep 60; }`);
      const { thumbnails, said } = thumbnailProcess();
      const path = join(directory, 'one.jpg');
      const made = thumbnails.make(picture(), path);
      await vi.waitUntil(async () => (await readdir(directory)).includes('begun'), 20_000);
      const { pid = 0 } = thumbnails;
      process.kill(pid, 'SIGKILL');
      expect(await made).toBe(false);
      expect(said).toEqual([
        {
          fields: { event: 'thumbnail.failed', path },
          message: 'no thumbnail: the process that makes them ended (SIGKILL)',
        },
      ]);
      expect(await thumbnails.make(picture(), path)).toBe(true);
      expect(thumbnails.pid).not.toBe(pid);
    });

    it('makes none after it was closed', async () => {
      const directory = await temporaryDirectory();
      const { thumbnails, said } = thumbnailProcess();
      const path = join(directory, 'one.jpg');
      const made = thumbnails.make(picture(), path);
      thumbnails.close();
      expect(await made).toBe(false);
      expect(await thumbnails.make(picture(), path)).toBe(false);
      expect([thumbnails.pid, said]).toEqual([undefined, []]);
    });
  },
);

it('a thumbnail that was made while it was given up does not stay', async () => {
  const directory = await temporaryDirectory();
  // Says that it has made one only when it is told that nobody wants it any more.
  const program = join(directory, 'worker.mjs');
  await writeFile(
    program,
    `import { writeFileSync } from 'node:fs';
    process.on('message', ({ kind, id, path }) => {
      if (kind === 'make') writeFileSync(path, 'JPEG');
      else process.send({ kind: 'done', id, made: true });
    });`,
  );
  const { thumbnails } = thumbnailProcess(program);
  const givenUp = new AbortController();
  const made = thumbnails.make(Buffer.of(0), join(directory, 'one.jpg'), givenUp.signal);
  await vi.waitUntil(async () => (await readdir(directory)).includes('one.jpg'), 20_000);
  givenUp.abort();
  expect(await made).toBe(false);
  expect(await readdir(directory)).toEqual(['worker.mjs']);
});

describe('a process that makes thumbnails without ffmpeg', () => {
  it('says so once, and ends', async () => {
    const directory = await temporaryDirectory();
    vi.stubEnv('FFMPEG_BIN', join(directory, 'nothing'));
    const { thumbnails, said } = thumbnailProcess();
    const make = () => thumbnails.make(Buffer.of(0, 0, 1, 0x65), join(directory, 'one.jpg'));
    expect(await Promise.all([make(), make()])).toEqual([false, false]);
    await vi.waitUntil(() => thumbnails.pid === undefined, 20_000);
    expect(await make()).toBe(false);
    expect(said).toMatchObject([{ fields: { event: 'ffmpeg.missing' } }]);
    expect(thumbnails.pid).toBeUndefined();
  });
});

describe.skipIf(ffmpeg === undefined || process.platform !== 'linux')(
  'the process of a daemon (needs ffmpeg)',
  () => {
    /** Empty for one that has ended and that nobody has asked about: proc(5). */
    const commandLine = (pid: number) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');

    /** The child that has started no program in another's place: its title is still its own. */
    async function childOf(pid: number): Promise<number> {
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
      for (const child of children.split(' ').map(Number)) {
        if ((await commandLine(child)).startsWith('camrec thumbnails')) return child;
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
