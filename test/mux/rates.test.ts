import { describe, expect, it } from 'vitest';
import type { VideoDescription } from '../../src/lib/h264/coded-picture.js';
import { rateLikeTheOriginal } from '../../src/lib/mux/ffmpeg-engine.js';
import { partPath } from '../../src/lib/mux/output-files.js';
import { parseRate } from '../../src/lib/mux/parse-rate.js';
import { readDirectoryName } from '../../src/lib/mux/session-condition.js';
import { toldRateOrUsual } from '../../src/lib/mux/stream-rate.js';

describe('the rate by the rule of the original server', () => {
  it.each([
    ['by arrival', 100, 10_000, 50_000, 10],
    ['by the device where arrival is not believable', 15, 10_000, 1_000, 15],
    ['10 where neither tells', 1, 0, 0, 10],
    ['at most 60', 1000, 1000, 1000, 60],
    ['at least 1', 10, 100_000, 100_000, 1],
    ['1.5 by arrival is not believed', 15, 10_000, 5_000, 3],
  ])('is %s', (_what, pictures, arrivalMs, deviceMs, rate) => {
    expect(rateLikeTheOriginal(pictures, arrivalMs, deviceMs)).toBe(rate);
  });
});

describe('the rate that a stream tells', () => {
  const told = (numerator: number, denominator: number) => {
    const warnings: string[] = [];
    const description = { frameRate: { numerator, denominator } } as VideoDescription;
    return { fps: toldRateOrUsual(description, warnings), warnings };
  };

  it.each([
    [30_000, 1001],
    [1, 10],
    [1000, 1],
  ])('%d/%d is believed', (numerator, denominator) => {
    expect(told(numerator, denominator)).toEqual({ fps: numerator / denominator, warnings: [] });
  });

  it.each([
    [90_000, 1, '90000 a second'],
    [1, 3600, '0.000278 a second'],
  ])('%d/%d cannot be, and that is said', (numerator, denominator, said) => {
    const { fps, warnings } = told(numerator, denominator);
    expect(fps).toBe(10);
    expect(warnings).toEqual([expect.stringContaining(said)]);
  });

  it('may be missing', () => {
    const warnings: string[] = [];
    expect(toldRateOrUsual(undefined, warnings)).toBe(10);
    expect(warnings).toEqual([expect.stringContaining('does not tell its frame rate')]);
  });
});

describe('a rate as it is typed', () => {
  it.each([
    ['10', 10],
    [' 29.97 ', 29.97],
    ['30000/1001', 30_000 / 1001],
    ['0.5', 0.5],
  ])('%s', (text, rate) => {
    expect(parseRate(text)).toBe(rate);
  });

  it.each(['', '0', '-1', 'ten', '1e3', '1001', '5/0', '1/2/3', 'Infinity'])('not "%s"', (text) => {
    expect(() => parseRate(text)).toThrow(/is not a frame rate/);
  });
});

describe('names', () => {
  it('of parts follow the one of the first', () => {
    expect(partPath('/a/film.mp4', 1)).toBe('/a/film.mp4');
    expect(partPath('/a/film.mp4', 2)).toBe('/a/film-2.mp4');
    expect(partPath('/a.b/film', 3)).toBe('/a.b/film-3');
  });

  it.each([
    ['10.0.0.5_40000_20250601_143005', '10.0.0.5_40000', new Date(2025, 5, 1, 14, 30, 5)],
    ['kitchen_20250601_143005_2', 'kitchen', new Date(2025, 5, 1, 14, 30, 5)],
  ])('of directories tell camera and start: %s', (name, client, started) => {
    expect(readDirectoryName(`/rec/${name}`)).toEqual({
      client,
      startedAtMs: started.getTime(),
    });
  });

  it('of other directories tell nothing', () => {
    expect(readDirectoryName('/rec/holiday')).toEqual({
      client: 'holiday',
      startedAtMs: Number.NaN,
    });
  });
});
