import { expect, it } from 'vitest';
import { RateLimit } from '../../src/lib/ingest/rate-limit.js';
import { ManualClock } from '../support/manual-clock.js';

const admitted = (limit: RateLimit, tries: number) =>
  Array.from({ length: tries }, () => limit.admit()).filter(Boolean).length;

it('admits a burst, then a steady rate', () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock, 10, 50);
  expect(admitted(limit, 1000)).toBe(50);
  clock.advance(1000);
  expect(admitted(limit, 1000)).toBe(10);
  clock.advance(60_000);
  expect(admitted(limit, 1000)).toBe(50);
});

it('never refuses who keeps to the rate', () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock, 10, 5);
  for (let second = 0; second < 100; second += 1) {
    for (let n = 0; n < 10; n += 1) {
      clock.advance(100);
      expect(limit.admit()).toBe(true);
    }
  }
});

it('takes several tokens at once or none', () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock, 10, 50);
  expect(limit.admit(40)).toBe(true);
  expect(limit.admit(20)).toBe(false);
  expect(limit.admit(10)).toBe(true);
  clock.advance(1900);
  expect(limit.admit(20)).toBe(false);
  clock.advance(100);
  expect(limit.admit(20)).toBe(true);
});
