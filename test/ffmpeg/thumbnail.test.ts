/**
 * Thumbnails by a real ffmpeg, which is counted by a script in its place.
 */
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { constants, getPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/lib/base/logger.js';
import { Thumbnailer } from '../../src/lib/ffmpeg/thumbnail.js';
import { joinAnnexB } from '../../src/lib/h264/nal-units.js';
import { encodeClip, picturesOf } from '../support/mp4-clips.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { ffmpeg } from '../support/tools.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Puts a script in ffmpeg's place that does this before it runs ffmpeg. */
async function takeItsPlace(script: string, before: string): Promise<void> {
  await writeFile(script, `#!/bin/sh\n${before}\nexec '${ffmpeg}' "$@"\n`);
  await chmod(script, 0o755);
  vi.stubEnv('FFMPEG_BIN', script);
}

/** Puts a script in ffmpeg's place that notes each run; gives the number of runs so far. */
async function countFfmpeg(directory: string): Promise<() => Promise<number>> {
  const script = join(directory, 'ffmpeg');
  const log = join(directory, 'runs');
  await writeFile(log, '');
  await takeItsPlace(script, `echo run >> '${log}'`);
  return async () => (await readFile(log, 'utf8')).split('\n').length - 1;
}

/** Width and height of a JPEG: its first frame header (ISO/IEC 10918-1, B.2.2). */
async function sizeOf(path: string): Promise<[number, number]> {
  const jpeg = await readFile(path);
  const header = jpeg.indexOf(Buffer.of(0xff, 0xc0));
  return [jpeg.readUInt16BE(header + 7), jpeg.readUInt16BE(header + 5)];
}

describe.skipIf(ffmpeg === undefined || process.platform === 'win32')(
  'thumbnails (needs ffmpeg)',
  () => {
    const picture = (size: string) => encodeClip({ frames: 1, size });

    it('are made by one ffmpeg for cameras that start together', async () => {
      const directory = await temporaryDirectory();
      const runs = await countFfmpeg(directory);
      const thumbnailer = new Thumbnailer(silentLogger);
      const sizes = ['176x144', '320x240', '1280x720'];
      const path = (size: string) => join(directory, `${size}.jpg`);
      const made = await Promise.all(
        sizes.map((size) => thumbnailer.make(picture(size), path(size))),
      );
      expect(made).toEqual([true, true, true]);
      const modes = await Promise.all(sizes.map(async (size) => (await stat(path(size))).mode));
      expect(modes.map((mode) => mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
      expect(await Promise.all(sizes.map((size) => sizeOf(path(size))))).toEqual([
        [176, 144],
        [320, 240],
        [640, 360],
      ]);
      expect(await runs()).toBe(1);
    });

    it('leave the CPU to recordings', async () => {
      const directory = await temporaryDirectory();
      const niceness = join(directory, 'niceness');
      await takeItsPlace(
        join(directory, 'ffmpeg'),
        `sleep 0.3; nice > '${niceness}' || ps -o nice= -p $$ > '${niceness}'`,
      );
      const thumbnailer = new Thumbnailer(silentLogger);
      const path = join(directory, 'thumbnail.jpg');
      expect(await thumbnailer.make(picture('176x144'), path)).toBe(true);
      const mine = getPriority();
      expect(Number(await readFile(niceness, 'utf8'))).toBe(
        Math.max(mine, constants.priority.PRIORITY_BELOW_NORMAL),
      );
    });

    it('do not appear after they were given up, and that is said', async () => {
      const directory = await temporaryDirectory();
      await takeItsPlace(join(directory, 'ffmpeg'), 'sleep 0.3');
      const said: string[] = [];
      const warn = (_: object, message: string) => void said.push(message);
      const thumbnailer = new Thumbnailer({ ...silentLogger, warn });
      const givenUp = new AbortController();
      const path = (name: string) => join(directory, `${name}.jpg`);
      const late = thumbnailer.make(picture('176x144'), path('late'), givenUp.signal);
      const other = thumbnailer.make(picture('320x240'), path('other'));
      await wait(100);
      givenUp.abort();
      expect(await late).toBe(false);
      // ffmpeg still runs.
      const there = await readdir(directory);
      expect(there).toContain('other.jpg.h264.new');
      expect(there).not.toContain('late.jpg.h264.new');
      expect(await other).toBe(true);
      expect((await readdir(directory)).sort()).toEqual(['ffmpeg', 'other.jpg']);
      expect(said).toEqual(['no thumbnail: ffmpeg took too long']);
    });

    it('are not begun when they were given up before', async () => {
      const directory = await temporaryDirectory();
      const runs = await countFfmpeg(directory);
      const thumbnailer = new Thumbnailer(silentLogger);
      const path = join(directory, 'thumbnail.jpg');
      expect(await thumbnailer.make(picture('176x144'), path, AbortSignal.abort())).toBe(false);
      expect(await thumbnailer.make(picture('176x144'), path)).toBe(true);
      expect(await runs()).toBe(1);
    });

    it('are made of the others when one picture cannot be decoded', async () => {
      const directory = await temporaryDirectory();
      const runs = await countFfmpeg(directory);
      const thumbnailer = new Thumbnailer(silentLogger);
      const [first] = picturesOf(picture('176x144'));
      // A picture without its parameter sets.
      const damaged = joinAnnexB(first?.nalUnits ?? []);
      const path = (name: string) => join(directory, `${name}.jpg`);
      const made = await Promise.all([
        thumbnailer.make(picture('176x144'), path('good')),
        thumbnailer.make(damaged, path('damaged')),
        thumbnailer.make(picture('320x240'), path('better')),
      ]);
      expect(made).toEqual([true, false, true]);
      expect(await sizeOf(path('better'))).toEqual([320, 240]);
      await expect(readFile(path('damaged'))).rejects.toMatchObject({ code: 'ENOENT' });
      expect(await runs()).toBe(4);
    });
  },
);

describe('thumbnails without ffmpeg', () => {
  it('are left out, and that is said once', async () => {
    const directory = await temporaryDirectory();
    vi.stubEnv('FFMPEG_BIN', join(directory, 'nothing'));
    const said: unknown[] = [];
    const logger = { ...silentLogger, warn: (fields: object) => void said.push(fields) };
    const thumbnailer = new Thumbnailer(logger);
    const make = (name: string) =>
      thumbnailer.make(Buffer.of(0, 0, 1, 0x65), join(directory, name));
    expect(await Promise.all([make('a.jpg'), make('b.jpg')])).toEqual([false, false]);
    expect(await make('c.jpg')).toBe(false);
    expect(said).toEqual([{ event: 'ffmpeg.missing' }]);
  });

  it.each([
    ['is not there', 'nothing', 'ffmpeg is missing'],
    ['fails', 'failing', 'ffmpeg cannot be used (ffmpeg failed: cannot load a library)'],
  ])('say so at the start where it %s', async (_what, name, why) => {
    const directory = await temporaryDirectory();
    const failing = join(directory, 'failing');
    await writeFile(failing, '#!/bin/sh\necho cannot load a library >&2\nexit 1\n', {
      mode: 0o755,
    });
    vi.stubEnv('FFMPEG_BIN', join(directory, name));
    const said: string[] = [];
    const warn = (_: object, message: string) => void said.push(message);
    const thumbnailer = new Thumbnailer({ ...silentLogger, warn });
    expect(await thumbnailer.lookForFfmpeg()).toBe(false);
    const rest = 'so thumbnails are left out and all else works; install it, or set FFMPEG_BIN';
    expect(said).toEqual([`${why}, ${rest}`]);
    expect(await thumbnailer.make(Buffer.of(0, 0, 1, 0x65), join(directory, 'a.jpg'))).toBe(false);
    expect(said).toHaveLength(1);
  });
});
