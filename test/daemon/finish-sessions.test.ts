import { expect, it } from 'vitest';
import { samplePackets } from '../support/recorded-session.js';
import { sessionFiles, startTestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

it('finishes what a camera begins while it is being disconnected', async () => {
  const test = await startTestDaemon();
  const phone = await TestPhone.connect(test.url);
  await phone.settled();
  // It does not answer the closing handshake, and is cut off a second later.
  phone.freeze();
  const stopped = test.daemon.stop();
  phone.status('capture_started');
  for (const { payload, timestampMs } of samplePackets(5)) phone.packet(payload, timestampMs);
  const { session } = await test.event('session.opened');
  expect(await stopped).toBe(0);
  const { manifest } = await sessionFiles(session);
  expect(manifest).toMatchObject({ state: 'complete', counts: { frames: 5 } });
  await test.stop();
});
