/**
 * Captures as phones really make them: early frames, restarts, leftovers, losses, clocks at fault.
 */
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_UNFINISHED_SESSIONS } from '../../src/lib/daemon/device-sessions.js';
import { joinAnnexB } from '../../src/lib/h264/nal-units.js';
import { loadShippedSamples } from '../../src/lib/simulate/shipped-samples.js';
import { readByMp4box } from '../support/mp4-judges.js';
import {
  type SessionFiles,
  sessionFiles,
  startTestDaemon,
  type TestDaemon,
} from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

const [sample, wideSample] = await loadShippedSamples();
const config = Buffer.concat(sample.config);
const pictures = sample.pictures.map(({ bytes }) => bytes);
const BOOT_MS = 5_000_000;
const TICKS_PER_MS = 90;

let daemon: TestDaemon;
let phone: TestPhone;

beforeEach(async () => {
  daemon = await startTestDaemon();
  phone = await TestPhone.connect(`${daemon.url}?name=bench-3`);
});

afterEach(async () => {
  await phone.close();
  await daemon.stop();
});

function picture(index: number): Uint8Array {
  const found = pictures[index];
  if (found === undefined) throw new RangeError(`the sample has no picture ${index}`);
  return found;
}

/** Sends the configuration and pictures `from` to `to` (excluded), 100 ms apart, numbered as a capture numbers them. */
function sendPictures(from: number, to: number): void {
  if (from === 0) phone.packet(config, 0, 0);
  for (let index = from; index < to; index += 1) {
    phone.packet(picture(index), BOOT_MS + index * 100, index + 1);
  }
}

async function finishedFiles(): Promise<SessionFiles> {
  return sessionFiles(await daemon.finished());
}

/** Presentation times of the only part, in milliseconds of the movie. */
function timesOf({ mp4 }: SessionFiles): number[] {
  expect(mp4).toHaveLength(1);
  return readByMp4box(mp4[0] ?? Buffer.alloc(0)).samples.map(({ pts }) => pts / TICKS_PER_MS);
}

describe('the beginning of a capture', () => {
  it('takes the configuration and the frames that came before capture_started', async () => {
    sendPictures(0, 4);
    phone.status('capture_started');
    sendPictures(4, 8);
    phone.status('capture_stopped');
    const { raw, manifest, rows } = await finishedFiles();
    expect(raw.equals(Buffer.concat([config, ...pictures.slice(0, 8)]))).toBe(true);
    expect(manifest).toMatchObject({
      state: 'complete',
      counts: { frames: 8, lost: 0, config: 1 },
    });
    expect(rows.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('leaves out what the capture before left behind', async () => {
    phone.status('capture_started');
    sendPictures(0, 5);
    phone.status('capture_stopped');
    await daemon.finished();
    // After the stop, and again before the next start: numbers that carry on.
    phone.packet(picture(5), BOOT_MS + 500, 6);
    phone.packet(picture(6), BOOT_MS + 600, 7);
    sendPictures(0, 2);
    phone.status('capture_started');
    sendPictures(2, 3);
    phone.status('capture_stopped');
    const { raw } = await finishedFiles();
    expect(raw.equals(Buffer.concat([config, ...pictures.slice(0, 3)]))).toBe(true);
  });

  it('leaves out leftovers that come after capture_started', async () => {
    phone.status('capture_started');
    sendPictures(0, 5);
    phone.status('capture_stopped');
    await daemon.finished();
    phone.status('capture_started');
    phone.packet(picture(5), BOOT_MS + 500, 6);
    sendPictures(0, 8);
    phone.status('capture_stopped');
    const { raw, manifest } = await finishedFiles();
    expect(raw.equals(Buffer.concat([config, ...pictures.slice(0, 8)]))).toBe(true);
    expect(manifest.counts.lost).toBe(0);
  });

  it('is a new session when capture_started comes a second time, early frames included', async () => {
    phone.status('capture_started');
    sendPictures(0, 5);
    sendPictures(0, 2);
    phone.status('capture_started');
    sendPictures(2, 4);
    phone.status('capture_stopped');
    // They are finished side by side, in no order.
    const both = [await daemon.finished(), await daemon.finished()];
    const byReason = (reason: string) => both.find((session) => session.reason === reason);
    const [first, second] = [byReason('restarted'), byReason('stopped')];
    if (first === undefined || second === undefined) throw new Error('not both sessions ended');
    expect(first.dir).not.toBe(second.dir);
    const files = await Promise.all([first, second].map(sessionFiles));
    expect(files[0]?.raw.equals(Buffer.concat([config, ...pictures.slice(0, 5)]))).toBe(true);
    expect(files[1]?.raw.equals(Buffer.concat([config, ...pictures.slice(0, 4)]))).toBe(true);
  });
});

describe('capture_started again and again', () => {
  const PATIENCE = { timeout: 20_000 };

  it('before the first packet is one capture', async () => {
    for (let n = 0; n < 150; n += 1) phone.status('capture_started');
    sendPictures(0, 3);
    phone.status('capture_stopped');
    expect(await daemon.finished()).toMatchObject({ reason: 'stopped', frames: 3, lost: 0 });
    expect((await daemon.daemon.liveSessions()).sessions).toEqual([]);
    expect(await recordedNames()).toHaveLength(1);
  });

  it('behind early frames is one capture', async () => {
    sendPictures(0, 2);
    phone.status('capture_started');
    phone.status('capture_started');
    sendPictures(2, 4);
    phone.status('capture_stopped');
    expect(await daemon.finished()).toMatchObject({ reason: 'stopped', frames: 4, lost: 0 });
    expect(await recordedNames()).toHaveLength(1);
  });

  it('opens no more sessions than may be finished at once, and records again when they are', async () => {
    for (let n = 0; n < 150; n += 1) {
      phone.status('capture_started');
      sendPictures(0, 1);
    }
    await phone.settled();
    const { sessions } = await daemon.daemon.liveSessions();
    expect(sessions.length).toBeLessThanOrEqual(MAX_UNFINISHED_SESSIONS);
    expect(phone.received).toContain('{"command":"stop_capture"}');
    phone.status('capture_stopped');
    await vi.waitFor(async () => {
      expect((await daemon.daemon.liveSessions()).sessions).toEqual([]);
    }, PATIENCE);
    const before = await recordedNames();
    phone.status('capture_started');
    sendPictures(0, 3);
    phone.status('capture_stopped');
    await vi.waitFor(
      async () => expect(await recordedNames()).toHaveLength(before.length + 1),
      PATIENCE,
    );
  });

  async function recordedNames(): Promise<string[]> {
    return (await readdir(daemon.directory)).filter((name) => !name.startsWith('.'));
  }
});

describe('the end of a capture', () => {
  it('by disconnection finishes the session', async () => {
    phone.status('capture_started');
    sendPictures(0, 6);
    await phone.settled();
    await phone.vanish();
    const session = await daemon.finished();
    expect(session).toMatchObject({ state: 'complete', reason: 'disconnected', frames: 6 });
    expect(timesOf(await sessionFiles(session))).toEqual([0, 100, 200, 300, 400, 500]);
  });

  it('without a picture is a failure with its reason and no MP4', async () => {
    phone.status('capture_started');
    phone.packet(config, 0);
    phone.packet(Buffer.alloc(0), 0);
    phone.status('capture_stopped');
    const session = await daemon.finished();
    expect(session).toMatchObject({ state: 'failed', reason: 'no-pictures', frames: 0 });
    // There is nothing that could play.
    expect(session.stopToPlayableMs).toBeNull();
    expect((await readdir(session.dir)).sort()).toEqual([
      'frames.csv',
      'session.json',
      'stream.h264',
    ]);
  });

  it('without parameter sets keeps the raw stream and says what is missing', async () => {
    phone.status('capture_started');
    for (let index = 0; index < 3; index += 1) {
      phone.packet(picture(index), BOOT_MS + index * 100, index + 1);
    }
    phone.status('capture_stopped');
    const { manifest, raw, mp4 } = await finishedFiles();
    expect(manifest).toMatchObject({
      state: 'failed',
      reason: 'no-parameter-sets',
      counts: { frames: 3, undecodable: 3, lost: 1 },
    });
    expect(raw.equals(Buffer.concat(pictures.slice(0, 3)))).toBe(true);
    expect(mp4).toEqual([]);
  });

  it('of several captures on one connection: each its own directory', async () => {
    const directories = new Set<string>();
    for (let capture = 0; capture < 3; capture += 1) {
      phone.status('capture_started');
      sendPictures(0, 3);
      phone.status('capture_stopped');
      const session = await daemon.finished();
      expect(session).toMatchObject({ state: 'complete', frames: 3, device: 'bench-3' });
      directories.add(session.dir);
    }
    expect(directories.size).toBe(3);
  });
});

describe('what is counted', () => {
  it('lost, repeated and rejected packets', async () => {
    phone.status('capture_started');
    sendPictures(0, 4);
    phone.packet(picture(3), BOOT_MS + 300, 4);
    sendPictures(6, 8);
    phone.binary(Buffer.alloc(7));
    phone.binary(Buffer.alloc(40));
    phone.status('capture_stopped');
    const { manifest, rows } = await finishedFiles();
    expect(manifest.counts).toMatchObject({ lost: 2, duplicates: 1, rejected: 2, packets: 8 });
    expect(rows.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4, 4, 7, 8]);
  });

  it('sequence numbers across 2^32', async () => {
    phone.status('capture_started');
    const from = 2 ** 32 - 3;
    phone.packet(config, 0, from);
    for (let index = 0; index < 6; index += 1) {
      const skip = index < 4 ? 0 : 1;
      phone.packet(picture(index), BOOT_MS + index * 100, (from + 1 + index + skip) % 2 ** 32);
    }
    phone.status('capture_stopped');
    const { manifest } = await finishedFiles();
    expect(manifest.counts).toMatchObject({ lost: 1, duplicates: 0, sequenceRestarts: 0 });
  });

  it('nothing else: garbage in between changes nothing', async () => {
    phone.status('capture_started');
    for (const text of ['', '[]', 'null', '42', '{"status":7}', '{"type":"capabilities"', '{}']) {
      phone.text(text);
      phone.status('focus_changed');
    }
    sendPictures(0, 3);
    phone.status('error', 'torch unavailable');
    phone.status('capture_stopped');
    expect((await finishedFiles()).manifest).toMatchObject({
      state: 'complete',
      counts: { frames: 3, lost: 0, rejected: 0 },
    });
    expect((await daemon.event('device.error')).message).toBe('torch unavailable');
  });
});

describe('the time of each picture', () => {
  async function recordTimes(times: readonly number[]): Promise<SessionFiles> {
    phone.status('capture_started');
    phone.packet(config, 0);
    times.forEach((time, index) => {
      phone.packet(picture(index), time);
    });
    phone.status('capture_stopped');
    return finishedFiles();
  }

  it('is the device’s own, however uneven; the configuration at 0 counts for nothing', async () => {
    const files = await recordTimes([700_000, 700_033, 700_433, 702_000, 702_001]);
    expect(timesOf(files)).toEqual([0, 33, 433, 2000, 2001]);
    expect(files.manifest.counts.clock).toEqual({ repeated: 0, backward: 0, jumps: 0 });
  });

  it('stays at its millisecond when times repeat or go a little back', async () => {
    const files = await recordTimes([1000, 1100, 1100, 1050, 1200, 1300]);
    const times = timesOf(files);
    expect(times.map(Math.floor)).toEqual([0, 100, 100, 100, 200, 300]);
    expect(new Set(times).size).toBe(6);
    expect(files.manifest.counts.clock).toEqual({ repeated: 1, backward: 1, jumps: 0 });
  });

  it('does not become two hours when the device’s clock jumps by two hours', async () => {
    const jump = 7_200_000;
    const files = await recordTimes([1000, 1100, 1200, 1300 + jump, 1400 + jump, 1500]);
    const times = timesOf(files);
    const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(steps.every((step) => step > 0 && step < 1000)).toBe(true);
    expect(steps.slice(0, 2)).toEqual([100, 100]);
    expect(steps[3]).toBe(100);
    expect(files.manifest.counts.clock.jumps).toBe(2);
    expect(files.manifest.durationMs).toBeLessThan(5000);
  });
});

describe('changed parameter sets', () => {
  it('open stream-2.mp4 on one timeline', async () => {
    phone.status('capture_started');
    sendPictures(0, 5);
    const wide = [
      Buffer.concat(wideSample.config),
      ...wideSample.pictures.map(({ bytes }) => bytes),
    ];
    wide.slice(0, 4).forEach((payload, index) => {
      phone.packet(payload, index === 0 ? 0 : BOOT_MS + (4 + index) * 100, 6 + index);
    });
    phone.status('capture_stopped');
    const { manifest, mp4 } = await finishedFiles();
    expect(manifest).toMatchObject({ state: 'complete', counts: { frames: 8 } });
    expect(manifest.parts).toMatchObject([
      { file: 'stream.mp4', startMs: 0, frames: 5, durationMs: 500, width: 640, height: 480 },
      { file: 'stream-2.mp4', startMs: 500, frames: 3, height: wideSample.size?.height },
    ]);
    const counts = mp4.map((file) => readByMp4box(file).samples.length);
    expect(counts).toEqual([5, 3]);
  });

  it('that are repeated unchanged open nothing', async () => {
    phone.status('capture_started');
    sendPictures(0, 10);
    phone.packet(config, 0, 11);
    for (let index = 10; index < 20; index += 1) {
      phone.packet(picture(index), BOOT_MS + index * 100, index + 2);
    }
    phone.status('capture_stopped');
    const { manifest } = await finishedFiles();
    expect(manifest.parts).toHaveLength(1);
    expect(manifest.counts).toMatchObject({ frames: 20, config: 2 });
  });

  it('may be inherited from the session before, and the manifest keeps them', async () => {
    phone.status('capture_started');
    sendPictures(0, 3);
    phone.status('capture_stopped');
    await daemon.finished();
    phone.status('capture_started');
    for (let index = 0; index < 3; index += 1) phone.packet(picture(index), BOOT_MS + index * 100);
    phone.status('capture_stopped');
    const { manifest, mp4 } = await finishedFiles();
    expect(manifest).toMatchObject({ state: 'complete', counts: { frames: 3, undecodable: 0 } });
    const inherited = manifest.inheritedParameterSets.map((set) => Buffer.from(set, 'base64'));
    expect(joinAnnexB(inherited).length).toBeGreaterThan(10);
    expect(mp4).toHaveLength(1);
  });
});

describe('unclaimed frames', () => {
  it('are counted and logged with the reason', async () => {
    const lines: string[] = [];
    const log = (_fields: unknown, message: string) => lines.push(message);
    const logger = {
      trace() {},
      debug: log,
      info: log,
      warn: log,
      error: log,
      isLevelEnabled: () => false,
    };
    const other = await startTestDaemon({ logger });
    const stray = await TestPhone.connect(`${other.url}?name=stray`);
    stray.packet(config, 0);
    stray.packet(picture(0), BOOT_MS);
    await stray.settled();
    await stray.close();
    await other.event('device.disconnected');
    expect(lines.join('\n')).toContain('stray: 2 unclaimed packets (disconnected)');
    await other.stop();
  });
});
