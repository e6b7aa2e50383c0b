import { describe, expect, it } from 'vitest';
import { settleWithin } from '../../src/lib/recording/settle.js';
import { ManualClock } from '../support/manual-clock.js';

describe('settleWithin', () => {
  it('gives what the promise gives', async () => {
    expect(await settleWithin(new ManualClock(), 100, Promise.resolve(7))).toBe(7);
  });

  it('gives nothing for a failure, and for no promise', async () => {
    expect(
      await settleWithin(new ManualClock(), 100, Promise.reject(new Error('no'))),
    ).toBeUndefined();
    expect(await settleWithin(new ManualClock(), 100, undefined)).toBeUndefined();
  });

  it('waits no longer than told', async () => {
    const clock = new ManualClock();
    const settled = settleWithin(clock, 100, new Promise(() => {}));
    clock.advance(100);
    expect(await settled).toBeUndefined();
  });
});
