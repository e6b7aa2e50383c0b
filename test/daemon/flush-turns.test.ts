import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/lib/base/clock.js';
import {
  FLUSH_EVERY_MS,
  FLUSH_TURNS,
  type Flushable,
  FlushTurns,
} from '../../src/lib/daemon/flush-turns.js';
import { ManualClock } from '../support/manual-clock.js';

const TURN_MS = FLUSH_EVERY_MS / FLUSH_TURNS;
const SYNC_MS = 2_000;

/** Remembers when it was flushed. */
class Member implements Flushable {
  readonly #clock: ManualClock;
  readonly joinedMs: number;
  readonly ticksMs: number[] = [];

  constructor(clock: ManualClock) {
    this.#clock = clock;
    this.joinedMs = clock.monotonic();
  }

  tick(syncMs: number): void {
    expect(syncMs).toBe(SYNC_MS);
    this.ticksMs.push(this.#clock.monotonic());
  }
}

function flushTurns() {
  const clock = new ManualClock();
  const turns = new FlushTurns(clock, SYNC_MS);
  const join = () => {
    const member = new Member(clock);
    turns.join(member);
    return member;
  };
  return { clock, turns, join };
}

/** How many members were flushed at each time. */
function flushedAt(members: readonly Member[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const ms of members.flatMap(({ ticksMs }) => ticksMs)) {
    counts.set(ms, (counts.get(ms) ?? 0) + 1);
  }
  return counts;
}

describe('a round', () => {
  it.each([1, 4, 5, 6, 199, 200])(
    'flushes each of %i once, and at most a fifth of them in one turn',
    (count) => {
      const { clock, turns, join } = flushTurns();
      turns.start();
      const members = Array.from({ length: count }, join);
      for (let round = 1; round <= 3; round += 1) {
        clock.advance(FLUSH_EVERY_MS);
        for (const { ticksMs } of members) expect(ticksMs).toHaveLength(round);
      }
      const counts = flushedAt(members);
      expect(Math.max(...counts.values())).toBe(Math.ceil(count / FLUSH_TURNS));
      expect([...counts.keys()].every((ms) => ms % TURN_MS === 0)).toBe(true);
    },
  );

  it('begins with who came first', () => {
    const { clock, turns, join } = flushTurns();
    const [first, second] = [join(), join()];
    turns.start();
    clock.advance(2 * FLUSH_EVERY_MS);
    expect(first.ticksMs).toEqual([TURN_MS, TURN_MS + FLUSH_EVERY_MS]);
    expect(second.ticksMs).toEqual([2 * TURN_MS, 2 * TURN_MS + FLUSH_EVERY_MS]);
  });

  it('flushes nobody once it is stopped', () => {
    const { clock, turns, join } = flushTurns();
    turns.start();
    const member = join();
    clock.advance(FLUSH_EVERY_MS);
    turns.stop();
    clock.advance(10 * FLUSH_EVERY_MS);
    expect(member.ticksMs).toHaveLength(1);
  });
});

describe('members that come and go', () => {
  /** After so many milliseconds, the oldest leaves or a new one comes. */
  const change = fc.record({ afterMs: fc.nat({ max: 150 }), comes: fc.boolean() });

  it('are flushed once a round, from at most a round after they come until they leave', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const { clock, turns, join } = flushTurns();
        turns.start();
        const present = [join(), join(), join()];
        const leave = (member: Member) => {
          turns.leave(member);
          expectSteady(member, clock.monotonic());
          return member;
        };
        const gone: [Member, number][] = [];
        for (const { afterMs, comes } of changes) {
          clock.advance(afterMs);
          const oldest = comes ? undefined : present.shift();
          if (oldest === undefined) present.push(join());
          else gone.push([leave(oldest), oldest.ticksMs.length]);
        }
        clock.advance(3 * FLUSH_EVERY_MS);
        for (const member of present) leave(member);
        for (const [member, ticks] of gone) expect(member.ticksMs).toHaveLength(ticks);
      }),
    );
  });
});

/** No round of a member's life went by without a flush, and none had two. */
function expectSteady({ joinedMs, ticksMs }: Member, leftMs: number): void {
  const [first = leftMs] = ticksMs;
  expect(first - joinedMs).toBeLessThanOrEqual(FLUSH_EVERY_MS);
  expect(leftMs - (ticksMs.at(-1) ?? joinedMs)).toBeLessThanOrEqual(FLUSH_EVERY_MS);
  for (const [index, ms] of ticksMs.slice(1).entries()) {
    expect(ms - (ticksMs[index] ?? 0)).toBe(FLUSH_EVERY_MS);
  }
}

describe('a loop that is held up', () => {
  /** The first flush lasts so long. Ten members come after it, from turn 1 on. */
  function heldUpFor(heldMs: number) {
    const { clock, turns, join } = flushTurns();
    let isHeldUp = false;
    turns.join({
      tick() {
        if (!isHeldUp) clock.advance(heldMs);
        isHeldUp = true;
      },
    });
    const members = Array.from({ length: 10 }, join);
    turns.start();
    clock.advance(FLUSH_EVERY_MS + heldMs);
    return { clock, members };
  }

  it('puts off no turn behind the late ones', () => {
    const { members } = heldUpFor(2.5 * TURN_MS);
    const times = members.slice(0, 5).map(({ ticksMs }) => ticksMs[0]);
    // Turns 1 and 2 were due after two and three turns, and the first flush went on until three and a half.
    expect(times.map((ms) => (ms ?? 0) / TURN_MS)).toEqual([3.5, 3.5, 4, 5, 3.5]);
  });

  it('delays nobody by the sum of its delays', () => {
    const clock = new ManualClock();
    const loopMs = 36;
    const slowLoop: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      every: (periodMs, callback) => clock.every(periodMs, callback),
      after(delayMs, callback) {
        const nowMs = clock.monotonic();
        const nextTurnMs = loopMs * Math.ceil((nowMs + Math.max(1, delayMs)) / loopMs);
        return clock.after(nextTurnMs - nowMs, callback);
      },
    };
    const turns = new FlushTurns(slowLoop, SYNC_MS);
    const members = Array.from({ length: 10 }, () => new Member(clock));
    for (const member of members) turns.join(member);
    turns.start();
    clock.advance(36 * FLUSH_EVERY_MS);
    for (const { ticksMs } of members) expect(ticksMs).toHaveLength(36);
  });

  it('makes up for no more than a round', () => {
    const { clock, members } = heldUpFor(10_000);
    const before = members.map(({ ticksMs }) => ticksMs.length);
    for (const ticks of before) expect(ticks).toBeLessThanOrEqual(3);
    clock.advance(FLUSH_EVERY_MS);
    expect(members.map(({ ticksMs }) => ticksMs.length)).toEqual(before.map((ticks) => ticks + 1));
  });
});
