/**
 * The background recovery of a daemon that ends before it is done.
 */
import { basename, dirname } from 'node:path';
import { expect, it } from 'vitest';
import { Recovery } from '../../src/lib/daemon/recover.js';
import { listLogger } from '../admin/fake-daemon.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { ManualClock } from '../support/manual-clock.js';
import { crashed, failedChecks, fastDisk, filesOf, manifestIn } from '../support/mux-sessions.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

it('leaves the session that it works on as it was, and the others, to the next', async () => {
  const directory = await temporaryDirectory();
  const sessions = [await crashed(directory), await crashed(directory)];
  const before = await Promise.all(sessions.map(filesOf));
  const disk = new FaultyDisk(fastDisk);
  const { logger, lines } = listLogger();
  const options = {
    ...{ disk, directory, logger, version: '0.0.0-test', clock: new ManualClock() },
    makeThumbnail: async () => false,
    refusal: () => undefined,
    minFreeBytes: 0,
  };
  const first = new Recovery(options);
  await first.look();
  await new Promise<void>((done) => {
    disk.delay = async ({ name, path }) => {
      if (name === 'open' && basename(path) === 'stream.h264') done(first.stop());
    };
    first.start();
  });
  const opened = disk.calls.filter(({ path }) => basename(path) === 'stream.h264');
  expect(new Set(opened.map(({ path }) => dirname(path))).size).toBe(1);
  expect(lines).toEqual([]);
  expect(await Promise.all(sessions.map(filesOf))).toEqual(before);

  const next = new Recovery(options);
  await next.look();
  next.start();
  await expect.poll(() => lines.length).toBe(2);
  await next.stop();
  for (const session of sessions) {
    expect((await manifestIn(session)).state).toBe('recovered');
    expect(await failedChecks(session)).toEqual([]);
  }
});
