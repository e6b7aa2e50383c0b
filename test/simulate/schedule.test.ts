import { expect, it } from 'vitest';
import type { Clock, Timer } from '../../src/lib/base/clock.js';
import { Schedule } from '../../src/lib/simulate/schedule.js';

/** Time that passes when the test says so. */
class FakeClock implements Clock {
  #now = 0;
  #timers = new Set<{ dueAt: number; callback: () => void }>();
  timersSet = 0;

  now = () => this.#now;
  monotonic = () => this.#now;

  after(delayMs: number, callback: () => void): Timer {
    this.timersSet += 1;
    const timer = { dueAt: this.#now + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  every(): Timer {
    throw new Error('not needed here');
  }

  get pending(): number {
    return this.#timers.size;
  }

  advanceTo(time: number): void {
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.dueAt - b.dueAt);
      if (next === undefined || next.dueAt > time) break;
      this.#timers.delete(next);
      this.#now = next.dueAt;
      next.callback();
    }
    this.#now = time;
  }
}

it('runs what is due, in whatever order it was asked for, on one timer', () => {
  const clock = new FakeClock();
  const schedule = new Schedule(clock);
  const ran: string[] = [];
  schedule.at({}, 300, () => ran.push(`c ${clock.now()}`));
  schedule.at({}, 100, () => ran.push(`a ${clock.now()}`));
  schedule.at({}, 200, () => ran.push(`b ${clock.now()}`));
  expect(clock.pending).toBe(1);
  clock.advanceTo(250);
  expect(ran).toEqual(['a 100', 'b 200']);
  clock.advanceTo(1000);
  expect(ran).toEqual(['a 100', 'b 200', 'c 300']);
  expect(clock.pending).toBe(0);
});

it('wakes up once for what is due together', () => {
  const clock = new FakeClock();
  const schedule = new Schedule(clock);
  let ran = 0;
  for (let phone = 0; phone < 200; phone += 1) {
    schedule.at({}, 100 + phone / 1000, () => {
      ran += 1;
    });
  }
  clock.advanceTo(101);
  expect(ran).toBe(200);
  expect(clock.timersSet).toBe(1);
});

it('replaces and cancels', () => {
  const clock = new FakeClock();
  const schedule = new Schedule(clock);
  const ran: string[] = [];
  const [one, two] = [{}, {}];
  schedule.at(one, 100, () => ran.push('early'));
  schedule.at(one, 200, () => ran.push('late'));
  schedule.at(two, 150, () => ran.push('never'));
  schedule.cancel(two);
  clock.advanceTo(1000);
  expect(ran).toEqual(['late']);
});

it('lets what runs cancel what is due with it, and ask for more', () => {
  const clock = new FakeClock();
  const schedule = new Schedule(clock);
  const ran: number[] = [];
  const [one, two] = [{}, {}];
  const again = () => {
    ran.push(clock.now());
    schedule.cancel(two);
    if (ran.length < 3) schedule.at(one, clock.now() + 10, again);
  };
  schedule.at(one, 10, again);
  schedule.at(two, 10, () => ran.push(-1));
  clock.advanceTo(1000);
  expect(ran).toEqual([10, 20, 30]);
  expect(clock.pending).toBe(0);
});
