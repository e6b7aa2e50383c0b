/**
 * The machine's clock is set while cameras are connected: by NTP, or after a laptop's sleep.
 */
import { afterEach, expect, it } from 'vitest';
import { PRE_ROLL_MS } from '../../src/lib/recording/pre-roll.js';
import { ManualClock } from '../support/manual-clock.js';
import { samplePackets } from '../support/recorded-session.js';
import { sessionFiles, startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

const packets = samplePackets(5);

let test: TestDaemon;

afterEach(() => test.stop());

async function connect(clock: ManualClock): Promise<TestPhone> {
  test = await startTestDaemon({ clock, resumeWindowMs: 20_000 });
  return again();
}

const again = () => TestPhone.connect(`${test.url}?name=bench`);

async function film(phone: TestPhone): Promise<void> {
  for (const { payload, timestampMs } of packets) phone.packet(payload, timestampMs);
  await phone.settled();
}

it.each([3_600_000, -3_600_000])(
  'keeps pictures from before capture_started when it is set by %i ms',
  async (byMs) => {
    const clock = new ManualClock();
    const phone = await connect(clock);
    await film(phone);
    clock.setWallClock(byMs);
    phone.status('capture_started');
    phone.status('capture_stopped');
    expect(await test.finished()).toMatchObject({ frames: 5, state: 'complete' });
  },
);

it('gives them up when they are too old, wherever it was set to', async () => {
  const clock = new ManualClock();
  const phone = await connect(clock);
  await film(phone);
  clock.advance(PRE_ROLL_MS + 1);
  clock.setWallClock(-PRE_ROLL_MS);
  phone.status('capture_started');
  phone.status('capture_stopped');
  expect(await test.finished()).toMatchObject({ frames: 0 });
});

it('keeps those of a camera that comes back', async () => {
  const clock = new ManualClock();
  const first = await connect(clock);
  first.status('capture_started');
  await film(first);
  await first.vanish();
  await test.event('device.disconnected');
  const second = await again();
  await film(second);
  clock.setWallClock(3_600_000);
  second.status('capture_started');
  second.status('capture_stopped');
  expect(await test.finished()).toMatchObject({ frames: 10, state: 'complete' });
});

it.each([3_600_000, -3_600_000])(
  'says when packets came by the time at which their session began, after it was set by %i ms',
  async (byMs) => {
    const clock = new ManualClock();
    const phone = await connect(clock);
    clock.setWallClock(byMs);
    phone.status('capture_started');
    await film(phone);
    phone.status('capture_stopped');
    const { rows, manifest } = await sessionFiles(await test.finished());
    for (const { arrivalMs } of rows) expect(arrivalMs).toBe(Date.parse(manifest.startedAt));
  },
);

it('lets no time pass for a camera that comes back but what has passed', async () => {
  const clock = new ManualClock();
  const first = await connect(clock);
  first.status('capture_started');
  await film(first);
  await first.vanish();
  await test.event('device.disconnected');
  clock.setWallClock(3_600_000);
  const second = await again();
  clock.advance(1_000);
  second.status('capture_started');
  await film(second);
  second.status('capture_stopped');
  const { rows, manifest } = await sessionFiles(await test.finished());
  const startedMs = Date.parse(manifest.startedAt);
  const arrivals = rows.map(({ arrivalMs }) => arrivalMs - startedMs);
  expect([...new Set(arrivals)]).toEqual([0, 1_000]);
});

it('does not change how long the daemon has run', async () => {
  const clock = new ManualClock();
  await connect(clock);
  clock.advance(5_000);
  clock.setWallClock(-3_600_000);
  expect((await test.daemon.status()).daemon.uptimeMs).toBe(5_000);
});
