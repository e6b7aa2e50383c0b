/**
 * A phone that an operator had told to begin, and that comes back before it is known that its old connection is dead.
 */
import { expect, it, onTestFinished } from 'vitest';
import { samplePackets } from '../support/recorded-session.js';
import { startTestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

it('is told to go on as soon as that is known', async () => {
  const daemon = await startTestDaemon();
  onTestFinished(() => daemon.stop());
  const url = `${daemon.url}?name=bench`;
  const first = await TestPhone.connect(url);
  await first.settled();
  const params = { bitrate: 4, fps: 10, label: 'x', timeoutMs: 20_000 };
  const started = daemon.daemon.startCapture(params, () => {});
  await first.receive(1);
  first.status('capture_started');
  for (const { payload, timestampMs } of samplePackets(10)) first.packet(payload, timestampMs);
  await started;
  first.freeze();
  onTestFinished(() => first.vanish());
  const second = await TestPhone.connect(url);
  onTestFinished(() => second.close());
  const [command] = await second.receive(1);
  expect(JSON.parse(command ?? '')).toMatchObject({ command: 'start_capture' });
  second.status('capture_started');
  for (const { payload, timestampMs } of samplePackets(5)) second.packet(payload, timestampMs);
  second.status('capture_stopped');
  expect(await daemon.finished()).toMatchObject({ label: 'x', frames: 15, state: 'complete' });
});
