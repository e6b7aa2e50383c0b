import { expect, it } from 'vitest';
import { silentLogger } from '../../src/lib/base/logger.js';
import { logEvent } from '../../src/lib/daemon/event-log.js';
import { device } from '../admin/fake-daemon.js';

it.each([
  ['Pixel 6a', 'bench-1 is a Pixel 6a'],
  [null, 'bench-1 does not say what it is'],
])('says what a phone is that calls itself %s', (model, line) => {
  const lines: string[] = [];
  const logger = { ...silentLogger, info: (_: unknown, text: string) => lines.push(text) };
  logEvent(logger, { event: 'device.capabilities', device: device('bench-1', { model }) });
  expect(lines).toEqual([line]);
});
