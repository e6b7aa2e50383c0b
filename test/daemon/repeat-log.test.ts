import { describe, expect, it } from 'vitest';
import { RepeatLog } from '../../src/lib/daemon/repeat-log.js';
import { ManualClock } from '../support/manual-clock.js';

function repeatLog() {
  const clock = new ManualClock();
  const lines: [string, number, number][] = [];
  const log = new RepeatLog(clock, (kind, count, total) => lines.push([kind, count, total]));
  return { clock, lines, log };
}

describe('repeated events', () => {
  it('are logged at once the first time, then together', () => {
    const { clock, lines, log } = repeatLog();
    for (let event = 0; event < 1000; event += 1) log.add('rejected');
    expect(lines).toEqual([['rejected', 1, 1]]);
    clock.advance(5000);
    expect(lines).toEqual([
      ['rejected', 1, 1],
      ['rejected', 999, 1000],
    ]);
    clock.advance(60_000);
    expect(lines).toHaveLength(2);
  });

  it('are all logged when the peer leaves', () => {
    const { lines, log } = repeatLog();
    log.add('stale', 2);
    log.add('stale', 3);
    log.flush();
    expect(lines).toEqual([
      ['stale', 2, 2],
      ['stale', 3, 5],
    ]);
  });

  it('of more kinds than it tells apart go uncounted nowhere', () => {
    const { log } = repeatLog();
    for (let kind = 0; kind < 1000; kind += 1) log.add(`kind ${kind}`);
    expect(log.totals.size).toBeLessThanOrEqual(65);
    expect([...log.totals.values()].reduce((sum, total) => sum + total, 0)).toBe(1000);
  });
});
