import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/lib/base/clock.js';
import { silentLogger } from '../../src/lib/base/logger.js';
import { type NameClaimant, NameClaims, PROBE_MS } from '../../src/lib/daemon/name-claims.js';
import { ManualClock } from '../support/manual-clock.js';

/** How much later than asked for a busy machine calls back. */
const LATE_MS = 40;

/** Two cameras of one name on a busy machine; `answerMs`: when the first answers a probe, if it does. */
function twoOfOneName(answerMs: number | undefined) {
  const manual = new ManualClock();
  const clock: Clock = {
    now: () => manual.now(),
    monotonic: () => manual.monotonic(),
    after: (ms, callback) => manual.after(ms + LATE_MS, callback),
    every: (ms, callback) => manual.every(ms, callback),
  };
  const cutOff: string[] = [];
  const claimant = (id: string, wantedName: string): NameClaimant => {
    let heardMs = manual.monotonic();
    return {
      wantedName,
      alias: undefined,
      get name() {
        return this.alias ?? wantedName;
      },
      get silentForMs() {
        return manual.monotonic() - heardMs;
      },
      probe() {
        if (answerMs === undefined) return;
        manual.after(answerMs, () => {
          heardMs = manual.monotonic();
        });
      },
      cutOff: () => cutOff.push(id),
      nameContested: () => {},
      nameDecided: () => {},
    };
  };
  const connected: NameClaimant[] = [];
  const claims = new NameClaims({ clock, logger: silentLogger, connected: () => connected });
  const arrive = (id: string, wantedName = 'bench') => {
    const newcomer = claimant(id, wantedName);
    connected.push(newcomer);
    claims.arrived(newcomer);
    return newcomer;
  };
  arrive('first');
  const second = arrive('second');
  manual.advance(PROBE_MS + LATE_MS);
  return { second, cutOff, arrive };
}

describe('a name that two connections want', () => {
  it('stays with the first that answers, however late the answer is looked at', () => {
    const { second, cutOff } = twoOfOneName(1);
    expect(cutOff).toEqual([]);
    expect(second.name).toBe('bench-2');
  });

  it('has a number that is no other name: one who comes by that name has it, and the second gets the next', () => {
    const { second, arrive } = twoOfOneName(1);
    expect(arrive('third', 'bench-2').name).toBe('bench-2');
    expect(second.name).toBe('bench-3');
    expect(arrive('fourth').name).toBe('bench-4');
  });

  it('is taken from the first that does not answer', () => {
    expect(twoOfOneName(undefined).cutOff).toEqual(['first']);
  });
});
