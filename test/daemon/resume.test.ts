import { EventEmitter, once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type LogEvent, silentLogger } from '../../src/lib/base/logger.js';
import type { DaemonOptions } from '../../src/lib/daemon/daemon-options.js';
import { PROBE_MS } from '../../src/lib/daemon/name-claims.js';
import { loadShippedSamples } from '../../src/lib/simulate/shipped-samples.js';
import { ManualClock } from '../support/manual-clock.js';
import { readByMp4box } from '../support/mp4-judges.js';
import { samplePackets } from '../support/recorded-session.js';
import { sessionFiles, startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

const packets = samplePackets(20);
const [, wide] = await loadShippedSamples();

let running: TestDaemon | undefined;

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(options: Partial<DaemonOptions> = {}) {
  running = await startTestDaemon({ resumeWindowMs: 20_000, ...options });
  return running;
}

const named = (test: TestDaemon, name = 'bench') => TestPhone.connect(`${test.url}?name=${name}`);

/** Sends the configuration and pictures whose device times begin at `fromMs`. */
function film(phone: TestPhone, pictures: number, fromMs: number) {
  for (const [index, { payload }] of packets.slice(0, pictures + 1).entries()) {
    phone.packet(payload, index === 0 ? 0 : fromMs + 100 * (index - 1));
  }
}

async function begin(test: TestDaemon, phone: TestPhone, pictures = 10, fromMs = 1000) {
  phone.status('capture_started');
  film(phone, pictures, fromMs);
  await phone.settled();
  return test.event('session.opened');
}

/** The cable is pulled, and the daemon has noticed. */
async function goes(test: TestDaemon, phone: TestPhone) {
  await phone.vanish();
  await test.event('device.disconnected');
}

/** A named camera that is away in the middle of its capture. */
async function beginsAndGoes(test: TestDaemon, fromMs?: number) {
  const phone = await named(test);
  const opened = await begin(test, phone, 10, fromMs);
  await goes(test, phone);
  return opened;
}

/** A named camera over another connection, in the middle of its capture. */
async function cameBack(test: TestDaemon, fromMs?: number) {
  await beginsAndGoes(test, fromMs);
  return named(test);
}

/** Names of the sessions on disk. */
async function sessionsOf(test: TestDaemon): Promise<string[]> {
  return (await readdir(test.directory)).filter((name) => !name.startsWith('.'));
}

describe('a named camera that comes back', () => {
  it('continues its session: one directory, one MP4, the gap at its true length', async () => {
    const test = await start();
    const second = await cameBack(test);
    second.status('capture_started');
    // The device's clock has gone on: it was away for three seconds after its last picture.
    film(second, 5, 1900 + 3000);
    second.status('capture_stopped');
    const session = await test.finished();
    expect(session).toMatchObject({ state: 'complete', reason: 'stopped', frames: 15, lost: 0 });
    const { manifest, mp4, rows } = await sessionFiles(session);
    expect(manifest.interruptions.count).toBe(1);
    expect(manifest.counts.sequenceRestarts).toBe(1);
    expect(manifest.parts).toHaveLength(1);
    expect(rows).toHaveLength(17);
    const times = readByMp4box(mp4[0] ?? Buffer.alloc(0)).samples.map(({ pts }) => pts / 90);
    expect(times).toEqual([
      ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => 100 * n),
      ...[0, 1, 2, 3, 4].map((n) => 900 + 3000 + 100 * n),
    ]);
  });

  it('stands where it arrived when its clock began anew', async () => {
    const test = await start();
    const second = await cameBack(test, 5_000_000);
    second.status('capture_started');
    film(second, 5, 2000);
    second.status('capture_stopped');
    const session = await test.finished();
    const { rows, mp4, manifest } = await sessionFiles(session);
    const pictures = rows.filter(({ kind }) => kind !== 'config');
    const away = (pictures[10]?.arrivalMs ?? 0) - (pictures[9]?.arrivalMs ?? 0);
    const times = readByMp4box(mp4[0] ?? Buffer.alloc(0)).samples.map(({ pts }) => pts / 90);
    // At least the usual time between two pictures, at most what the network took.
    expect((times[10] ?? 0) - (times[9] ?? 0)).toBe(Math.max(away, 100));
    expect(manifest.counts.clock.jumps).toBe(1);
  });

  it('opens a new part when it comes back with other parameter sets', async () => {
    const test = await start();
    const second = await cameBack(test);
    second.status('capture_started');
    second.packet(Buffer.concat(wide.config), 0);
    for (let n = 0; n < 5; n += 1) {
      second.packet(wide.pictures[n]?.bytes ?? Buffer.alloc(0), 5000 + 100 * n);
    }
    second.status('capture_stopped');
    const session = await test.finished();
    expect(session.files.mp4.map((path) => path.slice(session.dir.length + 1))).toEqual([
      'stream.mp4',
      'stream-2.mp4',
    ]);
    const { manifest } = await sessionFiles(session);
    expect(manifest.parts.map(({ frames, startMs }) => [frames, startMs])).toEqual([
      [10, 0],
      [5, 4000],
    ]);
  });

  it('leaves nothing in memory while it is away', async () => {
    // A clock that stands still: nothing is flushed by the hour.
    const test = await start({ clock: new ManualClock() });
    const opened = await beginsAndGoes(test);
    const sent = Buffer.concat(packets.slice(0, 11).map(({ payload }) => payload));
    const raw = () => readFile(join(opened.session.dir, 'stream.h264'));
    await vi.waitFor(async () => expect(await raw()).toEqual(sent));
  });

  it('is told in the manifest how often it was away, and how long in all', async () => {
    const clock = new ManualClock();
    const test = await start({ clock });
    const first = await named(test);
    await begin(test, first);
    let last = first;
    for (const awayMs of [3000, 2000]) {
      await goes(test, last);
      clock.advance(awayMs);
      last = await named(test);
      last.status('capture_started');
      film(last, 5, clock.monotonic() + 5000);
      await last.settled();
    }
    last.status('capture_stopped');
    const { manifest } = await sessionFiles(await test.finished());
    expect(manifest.interruptions).toEqual({ count: 2, totalMs: 5000 });
  });

  it('was away since its last byte, however late it is noticed that it is gone', async () => {
    const clock = new ManualClock();
    const test = await start({ clock });
    const first = await named(test);
    await begin(test, first);
    first.freeze();
    onTestFinished(() => first.vanish());
    clock.advance(8000);
    const second = await named(test);
    await second.settled();
    clock.advance(PROBE_MS);
    await test.event('device.disconnected');
    second.status('capture_started');
    film(second, 5, 12_000);
    second.status('capture_stopped');
    const { manifest } = await sessionFiles(await test.finished());
    expect(manifest.interruptions).toEqual({ count: 1, totalMs: 8000 + PROBE_MS });
  });

  it('may send its first frames before it says that its capture has started', async () => {
    const test = await start();
    const second = await cameBack(test);
    film(second, 3, 4000);
    second.status('capture_started');
    second.status('capture_stopped');
    expect(await test.finished()).toMatchObject({ frames: 13, state: 'complete' });
  });

  it('may say several times that its capture has started', async () => {
    const test = await start();
    const second = await cameBack(test);
    second.status('capture_started');
    second.status('capture_started');
    film(second, 5, 4000);
    second.status('capture_stopped');
    expect(await test.finished()).toMatchObject({ frames: 15, reason: 'stopped' });
    expect(await sessionsOf(test)).toHaveLength(1);
  });

  it('begins another capture when it says so in mid-stream', async () => {
    const test = await start();
    const second = await cameBack(test);
    second.status('capture_started');
    film(second, 5, 4000);
    second.status('capture_started');
    film(second, 3, 5000);
    second.status('capture_stopped');
    // They are finished side by side, in no order.
    const both = [await test.finished(), await test.finished()];
    const framesOf = (reason: string) => both.find((session) => session.reason === reason)?.frames;
    expect([framesOf('restarted'), framesOf('stopped')]).toEqual([15, 3]);
  });

  it('is told to go on when an operator had told it to begin', async () => {
    const test = await start();
    const first = await named(test);
    await first.settled();
    const started = test.daemon.startCapture(
      { bitrate: 4, fps: 10, label: 'x', timeoutMs: 20_000 },
      () => {},
    );
    await first.receive(1);
    await begin(test, first);
    const { capture } = await started;
    await goes(test, first);
    const second = await named(test);
    const [command] = await second.receive(1);
    expect(JSON.parse(command ?? '')).toMatchObject({ command: 'start_capture' });
    second.status('capture_started');
    film(second, 5, 6000);
    await second.settled();
    const stopping = test.daemon.stopCapture({ captureId: capture.id, timeoutMs: 20_000 });
    await second.receive(2);
    second.status('capture_stopped');
    const { sessions } = await stopping;
    expect(sessions).toMatchObject([{ frames: 15, label: 'x', state: 'complete' }]);
  });
});

it('a new order to begin is not an order to go on: the session that waits is finished', async () => {
  const test = await start();
  const command = (label: string) =>
    test.daemon.startCapture({ bitrate: 4, fps: 10, label, timeoutMs: 20_000 }, () => {});
  const first = await named(test);
  await first.settled();
  const started = command('old');
  await first.receive(1);
  await begin(test, first);
  await started;
  await goes(test, first);
  const second = await named(test);
  await second.receive(1);
  second.status('error', 'camera in use');
  await second.settled();
  const again = command('new');
  await second.receive(2);
  second.status('capture_started');
  film(second, 5, 6000);
  const { capture, devices } = await again;
  expect(devices).toMatchObject([{ state: 'started' }]);
  expect(await test.finished()).toMatchObject({
    label: 'old',
    reason: 'disconnected',
    state: 'complete',
    frames: 10,
  });
  const stopping = test.daemon.stopCapture({ captureId: capture.id, timeoutMs: 20_000 });
  await second.receive(3);
  second.status('capture_stopped');
  expect((await stopping).sessions).toMatchObject([{ label: 'new', frames: 5, state: 'complete' }]);
});

describe('nobody is waited for', () => {
  it('when the camera has no name', async () => {
    const test = await start();
    const phone = await TestPhone.connect(test.url);
    await begin(test, phone);
    await phone.vanish();
    expect(await test.finished()).toMatchObject({ reason: 'disconnected', state: 'complete' });
  });

  it('after it was told to stop', async () => {
    const test = await start();
    const phone = await named(test);
    await begin(test, phone);
    const stopping = test.daemon.stopCapture({ timeoutMs: 20_000 });
    await phone.receive(1);
    await phone.vanish();
    expect((await stopping).sessions).toMatchObject([{ reason: 'disconnected', frames: 10 }]);
  });

  it('when the capture is stopped while it is away', async () => {
    const test = await start();
    await beginsAndGoes(test);
    const { sessions } = await test.daemon.stopCapture({ timeoutMs: 20_000 });
    // The camera has said nothing of its capture.
    expect(sessions).toMatchObject([{ state: 'complete', reason: 'disconnected', frames: 10 }]);
  });

  it('at the end of the daemon', async () => {
    const test = await start();
    await beginsAndGoes(test);
    const finished = test.finished();
    expect(await test.daemon.stop()).toBe(0);
    expect(await finished).toMatchObject({ state: 'complete', reason: 'disconnected' });
  });

  it('longer than the window', async () => {
    const test = await start({ resumeWindowMs: 50 });
    const phone = await named(test);
    await begin(test, phone);
    await phone.vanish();
    expect(await test.finished()).toMatchObject({ state: 'complete', reason: 'disconnected' });
    const late = await named(test);
    late.status('capture_started');
    film(late, 5, 9000);
    late.status('capture_stopped');
    expect(await test.finished()).toMatchObject({ frames: 5 });
  });
});

describe('two connections under one name', () => {
  it('the second goes by a number while the first lives, and is a camera of its own', async () => {
    const test = await start();
    const first = await named(test);
    await begin(test, first);
    const second = await named(test);
    second.status('capture_started');
    film(second, 5, 1000);
    second.status('capture_stopped');
    const session = await test.finished();
    expect(session).toMatchObject({ device: 'bench-2', frames: 5 });
    expect(session.dir).toMatch(/\/bench-2_\d{8}_\d{6}$/);
    first.status('capture_stopped');
    expect(await test.finished()).toMatchObject({ device: 'bench', frames: 10 });
  });

  it('the second leaves no parameter sets to a camera that has its number for a name', async () => {
    const test = await start();
    const first = await named(test);
    await first.settled();
    const second = await named(test);
    second.status('capture_started');
    film(second, 5, 1000);
    second.status('capture_stopped');
    expect(await test.finished()).toMatchObject({ device: 'bench-2', frames: 5 });
    await second.close();
    const other = await named(test, 'bench-2');
    other.status('capture_started');
    for (const { payload } of packets.slice(1, 5)) other.packet(payload, 0);
    other.status('capture_stopped');
    const session = await test.finished();
    expect(session).toMatchObject({ device: 'bench-2', reason: 'no-parameter-sets' });
  });

  it('the first has its name again when it comes back, however long the second lives', async () => {
    const warnings = new EventEmitter();
    const warn: LogEvent = ({ event }) => warnings.emit(String(event));
    const decided = once(warnings, 'name.taken');
    const test = await start({ logger: { ...silentLogger, warn } });
    const first = await named(test);
    await begin(test, first);
    const second = await named(test);
    await second.settled();
    await decided;
    await goes(test, first);
    const again = await named(test);
    again.status('capture_started');
    film(again, 5, 6000);
    again.status('capture_stopped');
    expect(await test.finished()).toMatchObject({ device: 'bench', frames: 15 });
    expect((await test.daemon.status()).devices.map(({ name }) => name)).toEqual([
      'bench-2',
      'bench',
    ]);
  });

  it('the second takes over where the first gives no sign of life', async () => {
    const test = await start();
    const first = await named(test);
    await begin(test, first);
    first.freeze();
    const second = await named(test);
    await second.settled();
    await test.event('device.disconnected');
    second.status('capture_started');
    film(second, 5, 6000);
    second.status('capture_stopped');
    expect(await test.finished()).toMatchObject({ device: 'bench', frames: 15 });
    await first.vanish();
  });

  describe('where the first gives no sign of life, and the second begins at once', () => {
    /** Filming, and gone without a word. */
    async function gone(test: TestDaemon) {
      const first = await named(test);
      await begin(test, first);
      first.freeze();
      onTestFinished(() => first.vanish());
    }

    it.each([
      ['once', 1],
      ['twice', 2],
    ])(
      'goes on with the session, and may say %s that its capture has started',
      async (_, times) => {
        const test = await start();
        await gone(test);
        const second = await named(test);
        for (let said = 0; said < times; said += 1) second.status('capture_started');
        film(second, 5, 6000);
        await test.event('device.disconnected');
        second.status('capture_stopped');
        expect(await test.finished()).toMatchObject({ device: 'bench', frames: 15, lost: 0 });
        expect(await sessionsOf(test)).toHaveLength(1);
      },
    );

    it('has a session of its own when it ends before that is known', async () => {
      const test = await start();
      await gone(test);
      const second = await named(test);
      second.status('capture_started');
      film(second, 5, 6000);
      second.status('capture_stopped');
      expect(await test.finished()).toMatchObject({ device: 'bench-2', frames: 5 });
    });

    it('has a session of its own when an operator ordered that', async () => {
      const test = await start();
      await gone(test);
      const second = await named(test);
      await second.settled();
      const params = { bitrate: 4, fps: 10, label: 'new', devices: ['bench-2'], timeoutMs: 20_000 };
      const started = test.daemon.startCapture(params, () => {});
      await second.receive(1);
      second.status('capture_started');
      film(second, 5, 6000);
      expect(await test.finished()).toMatchObject({ device: 'bench', frames: 10, label: null });
      expect((await started).devices).toMatchObject([{ state: 'started' }]);
      second.status('capture_stopped');
      expect(await test.finished()).toMatchObject({ device: 'bench', frames: 5, label: 'new' });
    });

    it('is stopped with all others', async () => {
      const test = await start();
      await gone(test);
      const second = await named(test);
      second.status('capture_started');
      film(second, 5, 6000);
      await second.settled();
      const stopping = test.daemon.stopCapture({ devices: ['bench-2'], timeoutMs: 20_000 });
      expect(await second.receive(1)).toEqual(['{"command":"stop_capture"}']);
      second.status('capture_stopped');
      expect((await stopping).sessions).toMatchObject([{ device: 'bench-2', frames: 5 }]);
    });

    it('loses nothing when it sends more than can be held', async () => {
      const test = await start();
      await gone(test);
      const second = await named(test);
      second.status('capture_started');
      const [config, key] = packets;
      const ballast = Buffer.concat([Buffer.of(0, 0, 0, 1, 0x0c), Buffer.alloc(2 ** 20, 0xff)]);
      second.packet(config?.payload ?? ballast, 0);
      for (let n = 0; n < 6; n += 1) {
        second.packet(Buffer.concat([key?.payload ?? ballast, ballast]), 6000 + 100 * n);
      }
      await second.settled();
      second.status('capture_stopped');
      expect(await test.finished()).toMatchObject({ device: 'bench-2', frames: 6, lost: 0 });
    });
  });
});

describe('a camera whose traffic stops without a goodbye', () => {
  it('is noticed in time, and its session is finished with that reason', async () => {
    const test = await start({ silenceMs: 600, resumeWindowMs: 0 });
    const phone = await named(test);
    await begin(test, phone);
    phone.freeze();
    expect(await test.finished()).toMatchObject({
      reason: 'silent',
      state: 'complete',
      frames: 10,
    });
    await phone.vanish();
  });

  it('lives while it answers pings, however idle', async () => {
    const test = await start({ silenceMs: 300 });
    const phone = await named(test);
    for (let n = 0; n < 4; n += 1) await phone.pinged();
    expect((await test.daemon.status()).devices).toMatchObject([{ name: 'bench', state: 'idle' }]);
  });
});
