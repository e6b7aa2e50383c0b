import { describe, expect, it } from 'vitest';
import { FrameRateMeter, type RateRow } from '../../src/lib/cli/frame-rate.js';
import { renderRateChart } from '../../src/lib/cli/rate-chart.js';

const row = (more: Partial<RateRow>): RateRow => ({
  sequence: 0,
  timestampMs: 0,
  arrivalMs: 0,
  kind: 'delta',
  ...more,
});

/** Pictures every `everyMs`, `lengthMs` long, on a phone that was booted long ago. */
function* steady(everyMs: number, lengthMs: number): Generator<RateRow> {
  yield row({ kind: 'config' });
  for (let at = 0, sequence = 1; at < lengthMs; at += everyMs, sequence++) {
    yield row({ sequence, timestampMs: 5e8 + at, arrivalMs: 1.7e12 + at });
  }
}

function chartOf(rows: Iterable<RateRow>) {
  const meter = new FrameRateMeter();
  for (const one of rows) meter.add(one);
  return meter.chart;
}

describe('the frame rate over time', () => {
  it('counts pictures, not configuration, by the time of the device', () => {
    const chart = chartOf(steady(100, 5000));
    expect(chart).toMatchObject({ binMs: 100, durationMs: 4900, marks: [], moreMarks: 0 });
    expect(chart.fps).toHaveLength(50);
    expect(chart.fps.slice(0, 49).every((fps) => fps === 10)).toBe(true);
  });

  it('takes no more room for a day than for a minute', () => {
    const chart = chartOf(steady(1000, 86_400_000));
    expect(chart.fps.length).toBeLessThanOrEqual(512);
    expect(chart.fps.length).toBeGreaterThan(256);
    expect(chart.fps.slice(0, -1).every((fps) => Math.abs(fps - 1) < 0.01)).toBe(true);
  });

  it('marks gaps of the sequence where they are, the wrap at 2^32 included', () => {
    const sequences = [2 ** 32 - 2, 2 ** 32 - 1, 0, 3, 4];
    const rows = sequences.map((sequence, index) =>
      row({ sequence, timestampMs: index * 100, arrivalMs: index * 100 }),
    );
    expect(chartOf(rows).marks).toEqual([{ kind: 'gap', atMs: 200, count: 2 }]);
  });

  it('takes packets that come again, late or anew for no gap', () => {
    // The first 5 is late, the second 6 comes again, and the last two count from elsewhere.
    const rows = [0, 4, 6, 5, 6, 7, 5_000_000, 5_000_001].map((sequence, index) =>
      row({ sequence, timestampMs: index * 100, arrivalMs: index * 100 }),
    );
    expect(chartOf(rows).marks).toEqual([
      { kind: 'gap', atMs: 0, count: 3 },
      { kind: 'gap', atMs: 100, count: 1 },
    ]);
  });

  it('marks packets that are missing before the first one', () => {
    const rows = [7, 8].map((sequence) => row({ sequence }));
    expect(chartOf(rows).marks).toEqual([{ kind: 'gap', atMs: 0, count: 7 }]);
  });

  it('takes a jump of the clock out of the time, by what arrival shows', () => {
    const jumpMs = 7_200_000;
    const rows = [...steady(100, 2000)].map((one) =>
      one.sequence > 10 ? { ...one, timestampMs: one.timestampMs + jumpMs } : one,
    );
    const chart = chartOf(rows);
    expect(chart.durationMs).toBe(1900);
    expect(chart.marks).toEqual([{ kind: 'clock', atMs: 900, byMs: jumpMs + 100, realMs: 100 }]);
  });

  it('goes by the arrivals while the clock stands still, and marks where that begins', () => {
    const rows = [...steady(100, 3000)].map((one) => ({
      ...one,
      timestampMs: Math.min(one.timestampMs, 5e8 + 1000),
    }));
    // Of twenty pictures, the first two repeats are no standstill yet.
    const chart = chartOf(rows);
    expect(chart.durationMs).toBe(1000 + 1700);
    expect(chart.marks).toEqual([{ kind: 'standstill', atMs: 1000 }]);
  });

  it('takes several packets of one picture for no standstill', () => {
    const rows = Array.from({ length: 300 }, (_, sequence) => {
      const takenMs = Math.floor(sequence / 6) * 100;
      return row({ sequence, timestampMs: takenMs, arrivalMs: takenMs + (sequence % 6) * 2 });
    });
    expect(chartOf(rows)).toMatchObject({ durationMs: 4906, marks: [] });
  });

  it.each([
    ['is coarse', (atMs: number) => Math.floor(atMs / 1000) * 1000, 0],
    [
      'goes on from where it stopped',
      (atMs: number) => Math.min(atMs, Math.max(20_000, atMs - 20_000)),
      1,
    ],
    ['is right again', (atMs: number) => (atMs > 500 && atMs < 20_000 ? 500 : atMs), 1],
  ])('stays with a clock that %s', (_, deviceMs, standstills) => {
    const rows = Array.from({ length: 600 }, (_, sequence) =>
      row({ sequence, timestampMs: deviceMs(sequence * 100), arrivalMs: sequence * 100 }),
    );
    const chart = chartOf(rows);
    // A coarse clock is behind by up to its step, and the two repeats before a standstill take no time.
    expect(chart.durationMs).toBeGreaterThanOrEqual(59_900 - 200);
    expect(chart.durationMs).toBeLessThanOrEqual(59_900);
    expect(chart.marks).toHaveLength(standstills);
  });

  it('takes a clock that is set back for a fault, and a true pause for a pause', () => {
    const back = [row({ timestampMs: 5000 }), row({ sequence: 1, timestampMs: 0, arrivalMs: 50 })];
    expect(chartOf(back)).toMatchObject({
      durationMs: 50,
      marks: [{ kind: 'clock', byMs: -5000 }],
    });
    const pause = [row({}), row({ sequence: 1, timestampMs: 60_000, arrivalMs: 60_010 })];
    expect(chartOf(pause)).toMatchObject({ durationMs: 60_000, marks: [] });
  });

  it('minds no small steps back: pictures that are shown in another order', () => {
    const times = [0, 300, 100, 200, 600, 400, 500];
    const rows = times.map((timestampMs, sequence) => row({ sequence, timestampMs }));
    expect(chartOf(rows)).toMatchObject({ durationMs: 600, marks: [] });
  });

  it('keeps half a minute that a stalled network delivers at once, as the MP4 does', () => {
    const rows = [row({}), row({ sequence: 1, timestampMs: 30_000, arrivalMs: 5 })];
    expect(chartOf(rows)).toMatchObject({ durationMs: 30_000, marks: [] });
  });

  it('keeps a bounded number of marks and counts the others', () => {
    const rows = Array.from({ length: 1500 }, (_, index) =>
      row({ sequence: index * 2, timestampMs: index }),
    );
    const chart = chartOf(rows);
    expect([chart.marks.length, chart.moreMarks]).toEqual([1000, 499]);
  });
});

describe('the drawing', () => {
  it('shows a pause, a gap and a jump', () => {
    const rows = [...steady(100, 12_000)]
      .filter(({ sequence }) => sequence < 31 || sequence > 60)
      .map((one) =>
        one.sequence > 90 ? { ...one, timestampMs: one.timestampMs + 7_200_000 } : one,
      );
    expect(`\n${renderRateChart(chartOf(rows), 40)}\n`).toMatchSnapshot();
  });

  it('says where the clock stood still', () => {
    const rows = [...steady(100, 6000)].map((one) =>
      one.sequence > 20 ? { ...one, timestampMs: 5e8 + 1900 } : one,
    );
    const drawing = renderRateChart(chartOf(rows), 40);
    expect(drawing).toMatch(/^ *!$/m);
    expect(drawing).toContain("! at 1.9 s: the phone's clock stood still");
  });

  it.each([30, 60, 78])('fits %i columns, its length at the end included', (width) => {
    const lines = renderRateChart(chartOf(steady(33, 600_000)), width).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  });

  it('is nothing where there is nothing to draw', () => {
    expect(renderRateChart(chartOf([]), 60)).toBe('');
    expect(renderRateChart(chartOf([row({})]), 60)).toBe('');
  });
});
