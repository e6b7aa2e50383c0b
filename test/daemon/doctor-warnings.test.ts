/**
 * What `camrec doctor` says of a machine on which recording works, and could work better.
 */
import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { examine, isHealthy } from '../../src/lib/daemon/doctor.js';
import type { Finding } from '../../src/lib/daemon/finding.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

async function finding(name: Finding['name'], disk = systemDisk) {
  const found = await examine({
    disk,
    host: '127.0.0.1',
    port: 0,
    directory: await temporaryDirectory(),
    minFreeBytes: 0,
    nodeVersion: process.versions.node,
  });
  const wanted = found.find((one) => one.name === name);
  // A warning keeps nothing from being recorded.
  expect(isHealthy(found)).toBe(wanted?.state !== 'failed');
  return wanted;
}

it('warns where ffmpeg is missing', async () => {
  vi.stubEnv('FFMPEG_BIN', '/nonexistent/ffmpeg');
  expect(await finding('ffmpeg')).toEqual({
    name: 'ffmpeg',
    state: 'warning',
    detail: 'ffmpeg cannot be run: everything is recorded, without thumbnails',
    advice: 'Install ffmpeg, or say where it is with FFMPEG_BIN.',
  });
});

it.each([
  ['takes few bytes a second', 1],
  ['takes long to sync a few of them', 2],
])('warns of a disk that %s', async (_name, slowSync) => {
  const disk = new FaultyDisk(systemDisk);
  let syncs = 0;
  disk.delay = async ({ name }) => {
    if (name !== 'sync') return;
    syncs += 1;
    if (syncs === slowSync) await new Promise((done) => setTimeout(done, 600));
  };
  expect(await finding('disk', disk)).toMatchObject({
    state: 'warning',
    detail: expect.stringContaining('a sync takes'),
    advice: 'It is slow: record to a local disk, or fewer phones at once.',
  });
});

/** The clock of this process shows another time than that of the file system. */
const setClock = (now: number) => vi.useFakeTimers({ toFake: ['Date'], now });

describe('a clock', () => {
  it('that differs from that of the file system', async () => {
    setClock(Date.now() + 60_000);
    expect(await finding('disk')).toMatchObject({
      state: 'warning',
      // Some of the minute goes by until it is looked at.
      detail: expect.stringMatching(/^the clock of the file system is 5\d(\.\d)? s off$/),
      advice: 'Set the clock of the machine that the directory is on.',
    });
  });

  it('that was never set keeps recording from working', async () => {
    setClock(Date.UTC(2024, 11, 31, 23, 59));
    expect(await finding('clock')).toEqual({
      name: 'clock',
      state: 'failed',
      detail: 'it is 2024-12-31T23:59:00.000Z, says the clock',
      advice: 'Set the clock.',
    });
  });

  it.skipIf(process.platform === 'win32').each([
    ['echo yes', 'ok', /Z, synchronized$/, null],
    ['echo no', 'warning', /not synchronized with a time server$/, /timedatectl set-ntp true/],
    ['echo yes; exit 1', 'ok', /whether it is synchronized is not known$/, null],
  ])('of which the system says: %s', async (script, state, detail, advice) => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'timedatectl'), `#!/bin/sh\n${script}\n`);
    await chmod(join(directory, 'timedatectl'), 0o755);
    vi.stubEnv('PATH', `${directory}${delimiter}${process.env['PATH']}`);
    expect(await finding('clock')).toEqual({
      name: 'clock',
      state,
      detail: expect.stringMatching(detail),
      advice: advice === null ? null : expect.stringMatching(advice),
    });
  });
});
