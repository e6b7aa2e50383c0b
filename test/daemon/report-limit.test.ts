/**
 * A phone that tells of itself without end: by its `error` and `capabilities`, each of which is a line and an event.
 */
import { afterEach, expect, it } from 'vitest';
import type { DaemonEvent } from '../../src/lib/admin/protocol.js';
import { type LogEvent, silentLogger } from '../../src/lib/base/logger.js';
import { ManualClock } from '../support/manual-clock.js';
import { startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

const REPORTS = 300;

/** Reports that are told one by one, at the most. */
const FEW = 25;

let served: TestDaemon;

afterEach(() => served.stop());

it.each([
  ['device.error', 'errors', (phone: TestPhone, n: number) => phone.status('error', `no ${n}`)],
  [
    'device.capabilities',
    'capabilities',
    (phone: TestPhone, n: number) => phone.capabilities(`Pixel ${n}`),
  ],
] as const)('tells few of many %s one by one, and counts the others', async (event, kind, say) => {
  const lines: Record<string, unknown>[] = [];
  const events: DaemonEvent[] = [];
  const line: LogEvent = (fields) => lines.push(fields);
  const clock = new ManualClock();
  served = await startTestDaemon({ clock, logger: { ...silentLogger, info: line, warn: line } });
  served.daemon.onEvent((one) => events.push(one));
  const phone = await TestPhone.connect(served.url);
  for (let report = 0; report < REPORTS; report += 1) say(phone, report);
  await phone.settled();
  const told = (where: readonly Record<string, unknown>[]) =>
    where.filter((one) => one['event'] === event).length;
  expect(told(lines)).toBeGreaterThan(0);
  expect(told(lines)).toBeLessThan(FEW);
  expect(told(events)).toBe(told(lines));

  clock.advance(5000);
  const counted = lines.filter((one) => one['kind'] === `${kind} too often`);
  expect(counted.length).toBeLessThan(3);
  expect(counted.at(-1)).toMatchObject({ event: 'device.oddity', total: REPORTS - told(lines) });

  await phone.settled();
  clock.advance(5000);
  const before = told(lines);
  say(phone, REPORTS);
  await phone.settled();
  expect(told(lines)).toBe(before + 1);
  await phone.close();
});
