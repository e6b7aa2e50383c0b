import { describe, expect, it } from 'vitest';
import { SampleTable } from '../../src/lib/mp4/sample-table.js';

/** Bytes per sample after `frames` samples in chunks of `chunk`, the first of each a key sample. */
function bytesPerSample(frames: number, chunk: number, durations: readonly number[], offset = 0) {
  const table = new SampleTable();
  for (let first = 0; first < frames; first += chunk) {
    const samples = Array.from({ length: chunk }, (_, index) => ({
      size: 20_000,
      duration: durations[(first + index) % durations.length] ?? 0,
      compositionOffset: offset * ((index % 3) - 1),
      key: index === 0,
    }));
    table.addChunk(1000 + first * 20_100, samples);
  }
  return table.byteLength / table.sampleCount;
}

describe('SampleTable', () => {
  // The samples of two and a half hours stand for those of a day: growth is the same for each of them.
  const frames = 30 * 3600 * 2.5;

  it('grows by less than five bytes per sample at a constant rate', () => {
    expect(bytesPerSample(frames, 30, [3000])).toBeLessThan(5);
  });

  it('grows by less than nine bytes per sample at an uneven rate', () => {
    expect(bytesPerSample(frames, 30, [2970, 3060])).toBeLessThan(9);
  });

  it('grows by at most twelve bytes per sample when pictures are reordered, too', () => {
    expect(bytesPerSample(frames, 30, [2970, 3060], 3000)).toBeLessThanOrEqual(12);
  });

  it('grows by at most twelve bytes per sample when each is a key picture', () => {
    const table = new SampleTable();
    for (let chunk = 0; chunk < frames / 15; chunk++) {
      const sample = { size: 90_000, compositionOffset: 0, key: true };
      const samples = Array.from({ length: 15 }, (_, index) => ({
        ...sample,
        duration: 2970 + (index % 2) * 90,
      }));
      table.addChunk(1000 + chunk * 1_350_000, samples);
    }
    expect(table.byteLength / table.sampleCount).toBeLessThanOrEqual(12);
  });

  it('costs next to nothing before there are samples', () => {
    expect(new SampleTable().byteLength).toBeLessThan(2048);
  });

  it('sums up and finds the bounds', () => {
    const table = new SampleTable();
    const sample = { size: 1, duration: 10, compositionOffset: 0, key: false };
    table.addChunk(100, [
      { ...sample, key: true },
      { ...sample, compositionOffset: 20 },
      { ...sample, compositionOffset: -10 },
    ]);
    table.addChunk(200, [{ ...sample, key: true }]);
    expect(table).toMatchObject({
      sampleCount: 4,
      keyCount: 2,
      duration: 40,
      leastCompositionOffset: -10,
      greatestCompositionOffset: 20,
    });
    expect(table.chunks).toMatchObject({ count: 2, lastOffset: 200 });
  });

  it('finds the bounds wherever they stand', () => {
    const boundsOf = (...offsets: number[]) => {
      const table = new SampleTable();
      const sample = { size: 1, duration: 10, key: false };
      for (const compositionOffset of offsets)
        table.addChunk(0, [{ ...sample, compositionOffset }]);
      return [table.leastCompositionOffset, table.greatestCompositionOffset];
    };
    expect(boundsOf(20, 30, 10, -10, -30, -20)).toEqual([-30, 30]);
    expect(boundsOf(30, 20, -30, -20)).toEqual([-30, 30]);
    expect(boundsOf(20, 30)).toEqual([0, 30]);
    expect(boundsOf(-20, -30)).toEqual([-30, 0]);
  });
});
