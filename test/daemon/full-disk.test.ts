/**
 * The disk as it is when it fills, vanishes or is nearly full: a real small file system, where one can be mounted.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type LogEvent, silentLogger } from '../../src/lib/base/logger.js';
import type { SessionSummary } from '../../src/lib/base/session-summary.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { systemError } from '../support/faulty-disk.js';
import { readByMp4box } from '../support/mp4-judges.js';
import { samplePackets } from '../support/recorded-session.js';
import { ServeProcess } from '../support/serve-process.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { sessionFiles, startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

const packets = samplePackets(60);

/** A filler NAL unit (ISO/IEC 14496-10, 7.3.2.7): bytes that fill the disk and mean nothing. */
const FILLER = Buffer.concat([Buffer.of(0, 0, 0, 1, 0x0c), Buffer.alloc(60_000, 0xff)]);

let running: TestDaemon | undefined;
const phones: TestPhone[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(phones.splice(0).map((phone) => phone.vanish()));
  await running?.stop();
  running = undefined;
});

async function phone(url: string): Promise<TestPhone> {
  const connected = await TestPhone.connect(url);
  phones.push(connected);
  return connected;
}

it('frees the room that a killed process had kept back, and touches nothing else', async () => {
  const directory = await temporaryDirectory();
  for (const name of ['.camrec.reserve.91', '.camrec.reserve.92', 'notes.txt']) {
    await writeFile(join(directory, name), 'x');
  }
  running = await startTestDaemon({ directory });
  const names = await readdir(directory);
  expect(names).toContain('notes.txt');
  expect(names.filter((name) => /reserve\.9/.test(name))).toEqual([]);
});

describe('when less is free than is to be kept free', () => {
  it('no capture begins, and status says why', async () => {
    running = await startTestDaemon({ minFreeBytes: 2 ** 60 });
    const camera = await phone(running.url);
    await camera.settled();
    const { devices } = await running.daemon.startCapture(
      { bitrate: 4, fps: 10, timeoutMs: 1000 },
      () => {},
    );
    expect(devices).toMatchObject([
      { state: 'failed', message: expect.stringMatching(/less than --min-free/) },
    ]);
    expect(camera.received).toEqual([]);
    const { daemon } = await running.daemon.status();
    expect(daemon.trouble).toMatch(/^only .* of disk are free, less than --min-free/);
  });

  it('a capture that runs is ended in good order', async () => {
    running = await startTestDaemon({ minFreeBytes: 1 });
    const camera = await phone(running.url);
    camera.status('capture_started');
    for (const [n, { payload }] of packets.entries()) camera.packet(payload, n * 100);
    await camera.settled();
    vi.spyOn(systemDisk, 'freeBytes').mockResolvedValue(0);
    expect(await running.finished()).toMatchObject({ state: 'complete', reason: 'disk-low' });
    const [command] = await camera.receive(1);
    expect(command).toBe('{"command":"stop_capture"}');
  });
});

it('is told in words that a person reads, when a capture cannot be opened for it', async () => {
  running = await startTestDaemon({ minFreeBytes: 0 });
  const camera = await phone(running.url);
  await camera.settled();
  vi.spyOn(systemDisk, 'makeDirectory').mockRejectedValue(
    systemError('ENOSPC', 'mkdir', running.directory),
  );
  const starting = running.daemon.startCapture(
    { bitrate: 4, fps: 10, timeoutMs: 10_000 },
    () => {},
  );
  await camera.receive(1);
  camera.status('capture_started');
  const { devices } = await starting;
  expect(devices).toMatchObject([
    {
      state: 'failed',
      message: expect.stringMatching(/^the disk is full; make room there \(.*ENOSPC: .*\)$/),
    },
  ]);
});

describe('a capture that a camera begins by itself when too little is free', () => {
  const STOP = '{"command":"stop_capture"}';

  async function refused(lines: string[]) {
    vi.spyOn(systemDisk, 'freeBytes').mockResolvedValue(0);
    const warn: LogEvent = (_fields, message) => lines.push(message);
    running = await startTestDaemon({ minFreeBytes: 1, logger: { ...silentLogger, warn } });
    const camera = await phone(`${running.url}?name=keen`);
    camera.packet(packets[0]?.payload ?? FILLER, 0);
    camera.status('capture_started');
    for (const [n, { payload }] of packets.slice(1, 10).entries()) camera.packet(payload, n * 100);
    return { camera, running };
  }

  it('is not recorded: it is told to stop, and what it sends is counted with that reason', async () => {
    const lines: string[] = [];
    const { camera, running } = await refused(lines);
    expect(await camera.receive(1)).toEqual([STOP]);
    camera.status('capture_stopped');
    await camera.settled();
    expect((await running.daemon.status()).devices).toMatchObject([{ state: 'idle' }]);
    expect(await readdir(running.directory)).toEqual(['.camrec.lock']);
    await camera.close();
    await running.event('device.disconnected');
    expect(lines).toContain('keen: 1 captures not recorded (disk-low), 1 in all');
    expect(lines).toContain('keen: 9 unclaimed packets (disk-low), 10 in all');
    expect(lines.join('\n')).not.toContain('without capture');
  });

  it.each([
    ['says that it has stopped', true],
    ['does not say that it has stopped', false],
  ])('leaves nothing in the next one where the camera %s', async (_, says) => {
    const { camera, running } = await refused([]);
    await camera.receive(1);
    if (says) camera.status('capture_stopped');
    await camera.settled();
    vi.restoreAllMocks();
    await vi.waitFor(async () => {
      expect((await running.daemon.status()).daemon.trouble).toBeNull();
    });
    // As phones do: the first packet comes before the capture is announced.
    camera.packet(packets[0]?.payload ?? FILLER, 0, 0);
    camera.packet(packets[1]?.payload ?? FILLER, 5000, 1);
    camera.status('capture_started');
    camera.packet(packets[2]?.payload ?? FILLER, 5100, 2);
    camera.status('capture_stopped');
    expect(await running.finished()).toMatchObject({ state: 'complete', frames: 2, lost: 0 });
  });
});

it('room that a killed daemon kept back is free again when the next one starts', async () => {
  const directory = await temporaryDirectory();
  for (const number of [1, 2])
    await writeFile(join(directory, `.camrec.reserve.${number}`), FILLER);
  running = await startTestDaemon({ directory });
  expect(await readdir(directory)).toEqual(['.camrec.lock']);
});

describe('when the directory vanishes', () => {
  it('a session fails with that reason, the daemon lives, and records again when it is back', async () => {
    const lines: string[] = [];
    const error: LogEvent = (_fields, message) => lines.push(message);
    running = await startTestDaemon({ syncMs: 100, logger: { ...silentLogger, error } });
    const { daemon, directory, url } = running;
    const camera = await phone(url);
    camera.status('capture_started');
    for (const { payload } of packets.slice(0, 10)) camera.packet(payload, 100);
    await running.event('session.opened');
    await rename(directory, `${directory}.away`);
    await rm(`${directory}.away`, { recursive: true });
    expect(await running.finished()).toMatchObject({ state: 'failed', reason: 'disk-error' });
    expect((await daemon.status()).daemon.trouble).toMatch(/cannot be written to: ENOENT/);
    expect(lines.join('\n')).toMatch(/^no recording can begin: .* cannot be written to: ENOENT/m);
    const refused = await daemon.startCapture({ bitrate: 4, fps: 10, timeoutMs: 1000 }, () => {});
    expect(refused.devices).toMatchObject([{ state: 'failed' }]);
    await mkdir(directory);
    expect((await daemon.status()).daemon.trouble).toBeNull();
    camera.status('capture_stopped');
    camera.status('capture_started');
    for (const [n, { payload }] of packets.entries()) camera.packet(payload, 5000 + n * 100);
    camera.status('capture_stopped');
    expect(await running.finished()).toMatchObject({ state: 'complete', frames: 60 });
  });
});

describe('when a file is deleted while it is recorded', () => {
  it.each(['stream.h264', 'frames.csv', 'stream.mp4'])(
    'a session without its %s is not called complete',
    async (name) => {
      running = await startTestDaemon();
      const camera = await phone(running.url);
      camera.status('capture_started');
      for (const [n, { payload }] of packets.entries()) camera.packet(payload, n * 100);
      const { session } = await running.event('session.opened');
      await vi.waitFor(() => rm(join(session.dir, name)));
      camera.status('capture_stopped');
      const finished = await running.finished();
      expect(finished).toMatchObject({ state: 'failed', reason: 'disk-error' });
      expect(finished.reasonText).toBe(`${join(session.dir, name)} has vanished`);
    },
  );
});

const canMount = (() => {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!canMount)('a file system of 24 MiB of its own (needs unshare and mount)', () => {
  it('fills: every session ends whole, the daemon lives, and records again when there is room', async () => {
    const root = await mkdtemp(join(tmpdir(), 'camrec-full-'));
    await mkdir(join(root, 'recordings'));
    const mount = `mount -t tmpfs -o size=24m,mode=700 tmpfs ${join(root, 'recordings')}`;
    const serve = await ServeProcess.start([], root, {}, [
      'unshare',
      '-m',
      'sh',
      '-c',
      `${mount} && exec "$@"`,
      'sh',
    ]);
    try {
      /** The directory as the process sees it: the mount is its own. */
      const inside = `/proc/${serve.child.pid}/root${serve.directory}`;
      const ended = (name: string, which = 0) =>
        serve.line('session.finished', (line) => {
          const all = serve.log.filter(
            ({ event, device }) => event === 'session.finished' && String(device).startsWith(name),
          );
          return all[which] === line;
        });
      const camera = await phone(`${serve.url}?name=greedy`);
      const small = await phone(`${serve.url}?name=small`);
      for (const each of [camera, small]) {
        each.status('capture_started');
        each.packet(packets[0]?.payload ?? FILLER, 0);
      }
      const isToldToStop = () => camera.received.some((text) => text.includes('stop_capture'));
      // A phone goes on for a moment after it was told to stop.
      for (let n = 1; n < 2_000 && !isToldToStop(); n += 1) {
        const payload = packets[1 + (n % 10)]?.payload ?? FILLER;
        const key = packets[1]?.payload ?? FILLER;
        camera.packet(Buffer.concat([n % 10 === 1 ? key : payload, FILLER]), n * 100);
        if (n % 5 === 0) small.packet(key, n * 100);
        if (n % 10 === 0) await camera.settled();
      }
      const line = await ended('greedy');
      expect(line).toMatchObject({ state: 'complete', reason: 'disk-full', level: 'info' });
      expect(serve.log.some(({ event }) => event === 'disk.full')).toBe(true);
      const dir = join(inside, String(line['session']));
      const at = (name: string) => join(dir, name);
      const files = { raw: at('stream.h264'), index: at('frames.csv'), mp4: [at('stream.mp4')] };
      const { rows, mp4, manifest, raw } = await sessionFiles({
        dir,
        files: { ...files, thumbnail: null },
      } as unknown as SessionSummary);
      expect(raw.length).toBe(manifest.counts.bytes);
      expect(raw.length).toBeGreaterThan(4e6);
      const samples = readByMp4box(mp4[0] ?? Buffer.alloc(0)).samples;
      const pictures = rows.filter(({ kind }) => kind !== 'config');
      expect(samples).toHaveLength(pictures.length);
      expect(samples.map(({ pts }) => pts / 90)).toEqual(
        pictures.map(({ timestampMs }) => timestampMs - (pictures[0]?.timestampMs ?? 0)),
      );
      small.status('capture_stopped');
      expect(await ended('small')).toMatchObject({ state: 'complete' });
      await rm(dir, { recursive: true });
      camera.status('capture_stopped');
      camera.status('capture_started');
      for (const [n, { payload }] of packets.entries()) camera.packet(payload, 1e6 + n * 100);
      camera.status('capture_stopped');
      expect(await ended('greedy', 1)).toMatchObject({ state: 'complete', frames: 60 });
      serve.signal('SIGTERM');
      expect(await serve.exited).toEqual({ code: 0, signal: null });
    } finally {
      await serve.remove();
    }
  });

  it('is full from the start: the capture fails with that reason, and nothing is left lying about', async () => {
    const root = await mkdtemp(join(tmpdir(), 'camrec-full-'));
    await mkdir(join(root, 'recordings'));
    const mount = `mount -t tmpfs -o size=1m,mode=700 tmpfs ${join(root, 'recordings')}`;
    const serve = await ServeProcess.start([], root, {}, [
      'unshare',
      '-m',
      'sh',
      '-c',
      `${mount} && exec "$@"`,
      'sh',
    ]);
    try {
      const inside = `/proc/${serve.child.pid}/root${serve.directory}`;
      await writeFile(join(inside, 'ballast'), Buffer.alloc(2 ** 20)).catch(() => {});
      const camera = await phone(serve.url);
      camera.status('capture_started');
      for (const [n, { payload }] of packets.entries()) camera.packet(payload, n * 100);
      const line = await serve.line('session.finished');
      expect(line).toMatchObject({ state: 'failed', reason: 'disk-full', level: 'error' });
      const visible = (await readdir(inside)).filter((name) => !name.startsWith('.'));
      expect(visible).toEqual(['ballast']);
      await rm(join(inside, 'ballast'));
      camera.status('capture_stopped');
      camera.status('capture_started');
      for (const [n, { payload }] of packets.slice(0, 10).entries())
        camera.packet(payload, n * 100);
      camera.status('capture_stopped');
      const second = await serve.line('session.finished', ({ state }) => state === 'complete');
      expect(second).toMatchObject({ frames: 9 });
      serve.signal('SIGTERM');
      await serve.exited;
    } finally {
      await serve.remove();
    }
  });
});

it('does not begin where it cannot be told what is there, which is no defect', async () => {
  vi.spyOn(systemDisk, 'list').mockRejectedValue(systemError('EACCES', 'scandir', 'recordings'));
  await expect(startTestDaemon()).rejects.toMatchObject({ code: 'DIRECTORY_UNUSABLE' });
});

it('does not begin in a directory other than the one that is meant, for want of UTF-8', async () => {
  const above = await temporaryDirectory();
  const started = startTestDaemon({ directory: join(above, 'caf\ufffd', 'recordings') });
  await expect(started).rejects.toMatchObject({
    code: 'DIRECTORY_UNUSABLE',
    message: expect.stringMatching(/its path is not UTF-8\.$/),
  });
  expect(await readdir(above)).toEqual([]);
});

it.skipIf(!canMount)(
  'does not begin on a disk without room for its lock, and says that it is full (needs unshare and mount)',
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'camrec-full-'));
    const recordings = join(root, 'recordings');
    await mkdir(recordings);
    const mount = `mount -t tmpfs -o size=64k,mode=700 tmpfs ${recordings}`;
    const fill = `! head -c 65537 /dev/zero > ${join(recordings, 'ballast')}`;
    const within = ['unshare', '-m', 'sh', '-c', `${mount} && ${fill} && exec "$@"`, 'sh'];
    const refused = ServeProcess.start([], root, {}, within);
    await expect(refused).rejects.toThrow(/ENOSPC.*Make room on that disk/s);
    await rm(root, { recursive: true });
  },
);

it('keeps no reserve when it ends, and removes one that a killed process left', async () => {
  running = await startTestDaemon();
  const { directory, daemon } = running;
  const camera = await phone(running.url);
  camera.status('capture_started');
  for (const [n, { payload }] of packets.entries()) camera.packet(payload, n * 100);
  camera.status('capture_stopped');
  await running.finished();
  const hidden = async () => (await readdir(directory)).filter((name) => name.includes('reserve'));
  expect(await hidden()).toHaveLength(1);
  await daemon.stop();
  expect(await hidden()).toEqual([]);
});

it('ends though the disk does not answer any more when the reserves are removed', async () => {
  running = await startTestDaemon();
  const camera = await phone(running.url);
  camera.status('capture_started');
  for (const [n, { payload }] of packets.entries()) camera.packet(payload, n * 100);
  camera.status('capture_stopped');
  await running.finished();
  const { remove } = systemDisk;
  vi.spyOn(systemDisk, 'remove').mockImplementation((path) =>
    path.includes('reserve') ? new Promise(() => {}) : remove(path),
  );
  expect(await running.daemon.stop()).toBe(0);
});
