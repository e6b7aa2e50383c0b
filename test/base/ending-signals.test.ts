import { afterEach, expect, it } from 'vitest';
import { ENDING_SIGNALS, onEndingSignals } from '../../src/lib/base/ending-signals.js';

let now = 0;
let calls: string[] = [];
let dispose = () => {};

function listen(): void {
  now = 0;
  calls = [];
  dispose = onEndingSignals(
    () => calls.push('first'),
    () => calls.push('second'),
    () => now,
  );
}

afterEach(() => dispose());

it('tells the first signal from the second, whichever they are', () => {
  listen();
  process.emit('SIGHUP');
  expect(calls).toEqual(['first']);
  now = 100;
  process.emit('SIGTERM');
  expect(calls).toEqual(['first', 'second']);
});

it('takes a signal that comes again at once, passed on by a wrapper, for the same', () => {
  listen();
  process.emit('SIGINT');
  now = 5;
  process.emit('SIGINT');
  expect(calls).toEqual(['first']);
});

it('lets signals do again what they do', () => {
  const counts = () => ENDING_SIGNALS.map((signal) => process.listenerCount(signal));
  const before = counts();
  listen();
  expect(counts()).toEqual(before.map((count) => count + 1));
  dispose();
  expect(counts()).toEqual(before);
});
