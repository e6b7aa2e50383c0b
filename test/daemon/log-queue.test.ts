import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LogQueue, MAX_HELD_BYTES } from '../../src/lib/daemon/log-queue.js';
import { systemError } from '../support/faulty-disk.js';

/** An output that takes what the test lets it take. */
class HeldOutput {
  readonly written: string[] = [];
  #pending: { bytes: Buffer; done: (error: Error | null, written: number) => void } | undefined;

  write(bytes: Buffer, done: (error: Error | null, written: number) => void): void {
    if (this.#pending) throw new Error('two writes at once');
    this.#pending = { bytes, done };
  }

  writeSync(bytes: Buffer): number {
    this.written.push(bytes.toString());
    return bytes.length;
  }

  get isAsked(): boolean {
    return this.#pending !== undefined;
  }

  take(atMost = Number.POSITIVE_INFINITY): void {
    const { bytes, done } = this.#take();
    const taken = bytes.subarray(0, atMost);
    this.written.push(taken.toString());
    done(null, taken.length);
  }

  fail(code: string): void {
    this.#take().done(systemError(code, 'write', ''), 0);
  }

  #take() {
    const pending = this.#pending;
    if (!pending) throw new Error('nothing is being written');
    this.#pending = undefined;
    return pending;
  }
}

let output: HeldOutput;
let queue: LogQueue;

beforeEach(() => {
  vi.useFakeTimers();
  output = new HeldOutput();
  queue = new LogQueue(output, (lines) => queue.write(`lost ${lines}\n`));
});

afterEach(() => {
  vi.useRealTimers();
});

it('writes one thing at a time, and what has come meanwhile as one', () => {
  for (const line of ['a\n', 'b\n', 'c\n']) queue.write(line);
  output.take();
  output.take();
  expect(output.written).toEqual(['a\n', 'b\nc\n']);
  expect(output.isAsked).toBe(false);
});

it('writes the rest of what was taken in part', () => {
  queue.write('abcdef\n');
  output.take(2);
  output.take(1);
  output.take();
  expect(output.written.join('')).toBe('abcdef\n');
});

it('holds so much and says how many lines did not fit, once some can be written', () => {
  const line = `${'x'.repeat(1023)}\n`;
  for (let i = 0; i < MAX_HELD_BYTES / line.length + 5; i++) queue.write(line);
  output.take();
  output.take();
  expect(output.written.join('').match(/x\n/g)?.length).toBe(1024);
  expect(output.written.at(-1)?.endsWith('x\nlost 5\n')).toBe(true);
  queue.write('after\n');
  output.take();
  expect(output.written.at(-1)).toBe('after\n');
});

it('tries a full disk again without losing a byte', () => {
  queue.write('abc\n');
  output.take(1);
  output.fail('ENOSPC');
  queue.write('def\n');
  expect(output.isAsked).toBe(false);
  vi.advanceTimersByTime(1000);
  output.take();
  output.take();
  expect(output.written.join('')).toBe('abc\ndef\n');
});

it('is silent for good once its reader has gone', async () => {
  queue.write('a\n');
  output.fail('EPIPE');
  queue.write('b\n');
  await queue.settled(1000);
  vi.advanceTimersByTime(60_000);
  expect(output.isAsked).toBe(false);
});

it('is settled when all is written, or when it has waited enough', async () => {
  await queue.settled(1000);
  queue.write('a\n');
  const settled = vi.fn();
  void queue.settled(1000).then(settled);
  await vi.advanceTimersByTimeAsync(999);
  expect(settled).not.toHaveBeenCalled();
  output.take();
  await vi.advanceTimersByTimeAsync(0);
  expect(settled).toHaveBeenCalledTimes(1);
  queue.write('b\n');
  void queue.settled(1000).then(settled);
  await vi.advanceTimersByTimeAsync(1000);
  expect(settled).toHaveBeenCalledTimes(2);
});

it.each([
  ['while a write goes on', () => {}, 'b\n'],
  ['after a failure', () => output.fail('ENOSPC'), 'a\nb\n'],
])('writes at the end of the process what waits %s', (_when, happen, expected) => {
  queue.write('a\n');
  happen();
  queue.write('b\n');
  queue.flushSync();
  expect(output.written).toEqual([expected]);
});
