import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PAUSE_MS } from '../../src/lib/base/device-clock.js';
import { Timeline } from '../../src/lib/mp4/timeline.js';

/** Ticks of the times in milliseconds, with arrivals that follow an honest wall clock unless given. */
function place(timesMs: readonly number[], arrivalsMs?: readonly (number | undefined)[]) {
  const timeline = new Timeline();
  const ticks = timesMs.map((time, index) => timeline.place(time, arrivalsMs?.[index]));
  return { ticks, counts: timeline.counts, median: timeline.medianDuration };
}

const none = { repeated: 0, backward: 0, jumps: 0 };

describe('Timeline', () => {
  it('puts each picture at its own millisecond, the first at 0', () => {
    const { ticks, counts } = place([5000, 5033, 5066, 5166, 9000]);
    expect(ticks).toEqual([0, 33 * 90, 66 * 90, 166 * 90, 4000 * 90]);
    expect(counts).toEqual(none);
  });

  it('keeps fractions of a millisecond to the tick, without drift', () => {
    const { ticks } = place(Array.from({ length: 1001 }, (_, index) => (index * 1000) / 29.97));
    expect(ticks[1]).toBe(3003);
    expect(ticks[1000]).toBe(3_003_003);
  });

  it('puts repeated times one tick apart and later ones at their own', () => {
    const { ticks, counts } = place([0, 100, 100, 100, 200]);
    expect(ticks).toEqual([0, 9000, 9001, 9002, 18_000]);
    expect(counts).toEqual({ ...none, repeated: 2 });
  });

  it('goes on one tick at a time where repeats fill the next millisecond', () => {
    const { ticks, counts } = place([...Array.from({ length: 100 }, () => 7), 8, 9]);
    expect(ticks.slice(-3)).toEqual([99, 100, 180]);
    expect(counts).toEqual({ ...none, repeated: 100 });
  });

  it('goes by the arrivals from the third repeat on: the clock stands still', () => {
    const arrivals = Array.from({ length: 100 }, (_, index) => 1000 + index * 33);
    const { ticks, counts, median } = place(
      arrivals.map(() => 7),
      arrivals,
    );
    expect(median).toBe(33 * 90);
    expect(ticks.slice(0, 5)).toEqual([0, 1, 2, 2 + 33 * 90, 2 + 66 * 90]);
    expect(ticks.at(-1)).toBe(2 + 97 * 33 * 90);
    expect(counts).toEqual({ ...none, repeated: 99 });
  });

  describe('where a clock that stood still goes on', () => {
    /** How far the last of a minute's pictures, thirty a second, stands from where it was taken, ms. */
    function driftOf(deviceMs: (atMs: number) => number): number {
      const arrivals = Array.from({ length: 1800 }, (_, index) => Math.round((index * 1000) / 30));
      const { ticks } = place(arrivals.map(deviceMs), arrivals);
      return Math.abs((ticks.at(-1) ?? 0) / 90 - (arrivals.at(-1) ?? 0));
    }

    it.each([100, 1000])('stays with a clock that moves every %i ms', (everyMs) => {
      expect(driftOf((atMs) => Math.floor(atMs / everyMs) * everyMs)).toBeLessThan(100);
    });

    it('counts on from there where the clock does, as if it had never stopped', () => {
      const deviceMs = (atMs: number) => (atMs < 40_000 ? Math.min(atMs, 20_000) : atMs - 20_000);
      expect(driftOf(deviceMs)).toBeLessThan(100);
    });

    it.each([20_000, 39_000, 59_000])(
      'follows a clock that is right again after %i ms',
      (backMs) => {
        const stands = (atMs: number) => atMs > 500 && atMs < 500 + backMs;
        expect(driftOf((atMs) => (stands(atMs) ? 500 : atMs))).toBe(0);
      },
    );
  });

  it('puts a small step back one tick after its predecessor', () => {
    const { ticks, counts } = place([0, 1000, 900, 950, 1001, 1100]);
    expect(ticks).toEqual([0, 90_000, 90_001, 90_002, 90_090, 99_000]);
    expect(counts).toEqual({ ...none, backward: 2 });
  });

  it('takes a step back of more than half a second for a clock that was set', () => {
    const times = [100_000, 100_100, 100_200, 50, 150, 250];
    const { ticks, counts } = place(times, [0, 100, 200, 300, 400, 500]);
    expect(ticks).toEqual([0, 9000, 18_000, 27_000, 36_000, 45_000]);
    expect(counts).toEqual({ ...none, jumps: 1 });
  });

  it('takes small steps back that add up for a clock that was set', () => {
    const { counts } = place([10_000, 9800, 9600, 9400, 9200]);
    expect(counts).toEqual({ ...none, backward: 3, jumps: 1 });
  });

  it('takes a leap that the arrival does not show for a clock that was set', () => {
    const twoHours = 7_200_000;
    const times = [0, 100, 200, 300 + twoHours, 400 + twoHours];
    const { ticks, counts } = place(times, [0, 100, 200, 300, 400]);
    expect(ticks).toEqual([0, 9000, 18_000, 27_000, 36_000]);
    expect(counts).toEqual({ ...none, jumps: 1 });
  });

  it('gives the picture at a leap the time that its arrival tells, if that is more than usual', () => {
    const { ticks } = place([0, 100, 200, 9_999_999], [0, 100, 200, 3200]);
    expect(ticks.at(-1)).toBe(18_000 + 3000 * 90);
  });

  it('goes by the arrivals alone where the clock leaps at each picture, as nanoseconds do', () => {
    const arrivals = Array.from({ length: 300 }, (_, index) => index * 33 + (index % 3) * 10);
    const { ticks, counts } = place(
      arrivals.map((ms) => ms * 1e6),
      arrivals,
    );
    expect(counts.jumps).toBe(299);
    // The first two may be placed by what pictures usually last.
    const late = (ticks.at(-1) ?? 0) / 90 - (arrivals.at(-1) ?? 0);
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(200);
  });

  it('believes what pictures usually last at a single wrong time, which leaps there and back', () => {
    const times = [0, 100, 200, 9_000_000_000, 400, 500];
    const { ticks } = place(times, [0, 100, 200, 200, 200, 200]);
    expect(ticks).toEqual([0, 9000, 18_000, 27_000, 36_000, 45_000]);
  });

  it('keeps a pause that the arrival shows too', () => {
    const hour = 3_600_000;
    const { ticks, counts } = place([0, 100, 100 + hour], [0, 100, 150 + hour]);
    expect(ticks.at(-1)).toBe((100 + hour) * 90);
    expect(counts).toEqual(none);
  });

  it('believes pauses where the arrival is unknown, up to what a file can hold', () => {
    expect(place([0, 60_000, MAX_PAUSE_MS]).counts).toEqual(none);
    expect(place([0, MAX_PAUSE_MS + 1]).counts.jumps).toBe(1);
  });

  it('does not mind a wall clock that was set back', () => {
    const { ticks, counts } = place([0, 100, 200], [7_200_000, 0, 100]);
    expect(ticks).toEqual([0, 9000, 18_000]);
    expect(counts).toEqual(none);
  });

  it('gives the last picture the median duration, leaving repeats out', () => {
    expect(place([0, 33, 33, 66, 99, 500]).median).toBe(33 * 90);
    expect(place([0]).median).toBe(9000);
    expect(place([0, 0, 0]).median).toBe(9000);
  });

  it('always goes forward by durations that fit, whatever it is given', () => {
    const anyTime = fc.oneof(
      fc.maxSafeNat(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: 0, max: 3000 }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyTime, fc.option(fc.maxSafeNat(), { nil: undefined }))),
        (pictures) => {
          const { ticks } = place(
            pictures.map(([time]) => time),
            pictures.map(([, arrival]) => arrival),
          );
          for (const [index, tick] of ticks.entries()) {
            const duration = tick - (ticks[index - 1] ?? -1);
            expect(Number.isSafeInteger(tick) && duration > 0 && duration < 2 ** 31).toBe(true);
          }
        },
      ),
    );
  });
});
