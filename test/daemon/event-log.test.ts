import { expect, it } from 'vitest';
import type { DeviceStatus } from '../../src/lib/admin/protocol.js';
import { silentLogger } from '../../src/lib/base/logger.js';
import { logEvent } from '../../src/lib/daemon/event-log.js';

const device: DeviceStatus = {
  id: '192.0.2.7_4001',
  name: 'bench-1',
  model: 'Pixel 6a',
  address: '192.0.2.7:4001',
  state: 'idle',
  sessionId: null,
  fps: 0,
  bitrate: 0,
  frames: 0,
  lost: 0,
  dropped: 0,
  lastSeenMs: 0,
};

it.each([
  ['Pixel 6a', 'bench-1 is a Pixel 6a'],
  [null, 'bench-1 does not say what it is'],
])('says what a phone is that calls itself %s', (model, line) => {
  const lines: string[] = [];
  const logger = { ...silentLogger, info: (_: unknown, text: string) => lines.push(text) };
  logEvent(logger, { event: 'device.capabilities', device: { ...device, model } });
  expect(lines).toEqual([line]);
});
