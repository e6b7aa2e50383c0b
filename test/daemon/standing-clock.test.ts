/**
 * A phone whose clock stands still: each of its pictures has the device time of the first.
 */
import { afterEach, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.js';
import { readByMp4box } from '../support/mp4-judges.js';
import { failedChecks } from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { sessionFiles, startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

let test: TestDaemon;

afterEach(() => test.stop());

it('gets a film as long as its pictures took to arrive, and a session that is verified', async () => {
  const clock = new ManualClock();
  test = await startTestDaemon({ clock });
  const phone = await TestPhone.connect(`${test.url}?name=bench`);
  phone.status('capture_started');
  for (const { payload } of samplePackets(20)) {
    phone.packet(payload, 5000);
    await phone.settled();
    clock.advance(100);
  }
  phone.status('capture_stopped');
  const session = await test.finished();
  expect(session).toMatchObject({ frames: 20, state: 'complete' });
  const { manifest, mp4 } = await sessionFiles(session);
  expect(manifest.counts.clock).toEqual({ repeated: 19, backward: 0, jumps: 0 });
  const { samples } = readByMp4box(mp4[0] as Buffer);
  const times = samples.map(({ dts }) => Math.round(dts / 90));
  expect(times).toEqual(Array.from({ length: 20 }, (_, index) => Math.max(0, index - 2) * 100));
  expect(await failedChecks(session.dir)).toEqual([]);
});
