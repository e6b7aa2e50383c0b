/**
 * A camera that puts lengths in front of its NAL units, where the protocol has start codes.
 */
import { afterEach, expect, it } from 'vitest';
import { silentLogger } from '../../src/lib/base/logger.js';
import { splitNalUnits } from '../../src/lib/h264/nal-units.js';
import { loadShippedSamples } from '../../src/lib/simulate/shipped-samples.js';
import { lengthPrefixed } from '../support/h264-builder.js';
import { readByMp4box } from '../support/mp4-judges.js';
import { sessionFiles, startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

const PICTURES = 12;

let running: TestDaemon | undefined;

afterEach(() => running?.stop());

it('is recorded as it sends, and that is said once', async () => {
  const events: unknown[] = [];
  const warn = (fields: Record<string, unknown>) => events.push(fields['event']);
  running = await startTestDaemon({ logger: { ...silentLogger, warn } });
  const [{ config, pictures }] = await loadShippedSamples();
  const payloads = [
    Buffer.concat(config),
    ...pictures.slice(0, PICTURES).map(({ bytes }) => bytes),
  ];
  const sent = payloads.map((payload) => lengthPrefixed(splitNalUnits(payload).nalUnits));
  const phone = await TestPhone.connect(running.url);
  phone.status('capture_started');
  for (const [index, payload] of sent.entries()) phone.packet(payload, index * 100, index);
  phone.status('capture_stopped');
  const session = await running.finished();
  expect(session).toMatchObject({ state: 'complete', frames: PICTURES, lost: 0 });
  const { raw, mp4 } = await sessionFiles(session);
  expect(raw.equals(Buffer.concat(sent))).toBe(true);
  expect(readByMp4box(mp4[0] ?? Buffer.alloc(0)).samples).toHaveLength(PICTURES);
  expect(events.filter((event) => event === 'device.framing')).toHaveLength(1);
  await phone.close();
});
