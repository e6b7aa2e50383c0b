import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_BEHIND,
  MAX_GAP,
  MAX_LEADING_GAP,
  SequenceTracker,
} from '../../src/lib/base/sequence-tracker.js';

const TOP = 2 ** 32;

/** Tracks deltas but for number 0, which opens the stream. */
function track(...numbers: number[]) {
  const tracker = new SequenceTracker();
  const verdicts = numbers.map((number) => tracker.track(number, number === 0));
  return { verdicts, counts: tracker.counts };
}

const NOTHING = { lost: 0, duplicates: 0, late: 0, restarts: 0 };

it('finds nothing wrong with numbers in a row', () => {
  expect(track(0, 1, 2, 3)).toEqual({
    verdicts: ['next', 'next', 'next', 'next'],
    counts: NOTHING,
  });
});

it('counts what is missing', () => {
  expect(track(0, 1, 5)).toEqual({
    verdicts: ['next', 'next', 'gap'],
    counts: { ...NOTHING, lost: 3 },
  });
});

it('counts what was lost before the first packet, when that is believable', () => {
  expect(track(3, 4).counts.lost).toBe(3);
  expect(track(MAX_LEADING_GAP + 1, MAX_LEADING_GAP + 2).counts.lost).toBe(0);
});

it('takes what was lost before the first packet for late where it still comes', () => {
  expect(track(3, 1, 2, 1)).toEqual({
    verdicts: ['gap', 'late', 'late', 'duplicate'],
    counts: { ...NOTHING, lost: 1, late: 2, duplicates: 1 },
  });
});

it('goes on over the wrap', () => {
  expect(track(TOP - 2, TOP - 1, 0, 1).verdicts.slice(1)).toEqual(['next', 'next', 'next']);
  expect(track(TOP - 2, 1).counts).toEqual({ ...NOTHING, lost: 2 });
});

it('takes a late packet out of the lost ones, once', () => {
  expect(track(0, 1, 4, 2, 2)).toEqual({
    verdicts: ['next', 'next', 'gap', 'late', 'duplicate'],
    counts: { ...NOTHING, lost: 1, late: 1, duplicates: 1 },
  });
});

it('knows late packets after any gap, as far back as packets may come late', () => {
  const last = 6_000;
  const oldest = last + 1 - MAX_BEHIND;
  expect(track(0, 1, last, last - 1, oldest, oldest - 1)).toEqual({
    verdicts: ['next', 'next', 'gap', 'late', 'late', 'restart'],
    counts: { ...NOTHING, lost: last - 2 - 2, late: 2, restarts: 1 },
  });
});

it('knows late packets however many were lost before', () => {
  const everyOther = Array.from({ length: 10_000 }, (_, index) => 2 * index);
  const { verdicts, counts } = track(...everyOther, 19_997);
  expect(verdicts.at(-1)).toBe('late');
  expect(counts).toEqual({ ...NOTHING, lost: 9_998, late: 1 });
});

it('forgets at a new beginning what was lost before it', () => {
  expect(track(0, 1, 5, 0, 1, 2, 2)).toEqual({
    verdicts: ['next', 'next', 'gap', 'restart', 'next', 'next', 'duplicate'],
    counts: { ...NOTHING, lost: 3, duplicates: 1, restarts: 1 },
  });
});

it('knows a first packet that comes twice from a new beginning', () => {
  expect(track(0, 0, 1).counts).toEqual({ ...NOTHING, duplicates: 1 });
  expect(track(0, 1, 2, 0, 1).counts).toEqual({ ...NOTHING, restarts: 1 });
});

it('begins anew only with a packet that opens the stream', () => {
  const tracker = new SequenceTracker();
  for (const number of [0, 1, 2]) tracker.track(number, number === 0);
  expect(tracker.beginsAnew(0, false)).toBe(false);
  expect(tracker.beginsAnew(0, true)).toBe(true);
  expect(tracker.beginsAnew(1, true)).toBe(false);
});

it('begins nothing anew at 2^32, whatever is lost there', () => {
  const { verdicts, counts } = track(TOP - 3, TOP - 2, 0, 1, TOP - 1);
  expect(verdicts).toEqual(['next', 'next', 'gap', 'next', 'late']);
  expect(counts).toEqual({ ...NOTHING, late: 1 });
});

describe('senders that count otherwise', () => {
  it('are no million lost packets', () => {
    expect(track(0, MAX_GAP + 2).counts).toEqual({ ...NOTHING, restarts: 1 });
    expect(track(0, MAX_GAP + 1).counts).toEqual({ ...NOTHING, lost: MAX_GAP });
  });

  it('nor a late packet when the number lies far behind', () => {
    expect(track(5000, 5001 - MAX_BEHIND - 1).counts).toEqual({ ...NOTHING, restarts: 1 });
  });
});

it('stays within bounds whatever comes, and adds up', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(TOP - 1), fc.boolean())), (packets) => {
      const tracker = new SequenceTracker();
      for (const [number, opens] of packets) tracker.track(number, opens);
      const { lost, duplicates, late, restarts } = tracker.counts;
      expect(Math.min(lost, duplicates, late, restarts)).toBeGreaterThanOrEqual(0);
      expect(duplicates + late + restarts).toBeLessThanOrEqual(packets.length);
      expect(lost).toBeLessThanOrEqual(packets.length * MAX_GAP);
    }),
  );
});

it('remembers no more lost numbers than may come late, over the wrap too', () => {
  const steps = fc.array(fc.integer({ min: 1, max: 3 * MAX_BEHIND }), { maxLength: 30 });
  fc.assert(
    fc.property(fc.integer({ min: TOP - 20_000, max: TOP - 1 }), steps, (first, ahead) => {
      const tracker = new SequenceTracker();
      let number = first;
      tracker.track(number, false);
      for (const step of ahead) {
        number = (number + step) >>> 0;
        tracker.track(number, false);
        expect(tracker.remembered).toBeGreaterThanOrEqual(Math.min(step, MAX_BEHIND) - 1);
        expect(tracker.remembered).toBeLessThan(MAX_BEHIND);
      }
    }),
  );
});

it('accounts for every number of a shuffled, thinned and doubled stream', () => {
  const fates = fc.array(fc.constantFrom('once', 'twice', 'never'), {
    minLength: 2,
    maxLength: 200,
  });
  fc.assert(
    fc.property(fates, (middle) => {
      const tracker = new SequenceTracker();
      const stream = ['once', ...middle, 'once'];
      stream.forEach((fate, number) => {
        for (let time = 0; time < ({ once: 1, twice: 2, never: 0 }[fate] ?? 0); time += 1) {
          tracker.track(number, false);
        }
      });
      expect(tracker.counts.lost).toBe(middle.filter((fate) => fate === 'never').length);
      expect(tracker.counts.duplicates).toBe(middle.filter((fate) => fate === 'twice').length);
    }),
  );
});
