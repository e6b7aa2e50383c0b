import { expect, it } from 'vitest';
import {
  parseBetween,
  parseClockJump,
  parseDelay,
  parseProbability,
} from '../../src/lib/simulate/quantities.js';

const usage = expect.objectContaining({ code: 'USAGE' });

it('reads probabilities as numbers and as per cent', () => {
  expect(['0', '1', '0.25', '.5', '5%', '100%'].map(parseProbability)).toEqual([
    ...[0, 1, 0.25, 0.5, 0.05, 1],
  ]);
  for (const text of ['', 'x', '2', '-0.1', '101%', '5 per cent']) {
    expect(() => parseProbability(text)).toThrow(usage);
  }
});

it('reads delays and clock jumps', () => {
  expect(parseDelay('5%:300ms')).toEqual({ delay: 0.05, delayMs: 300 });
  expect(parseClockJump('5s:2h')).toEqual({ afterMs: 5000, byMs: 7_200_000 });
  expect(parseClockJump('500ms:-2h')).toEqual({ afterMs: 500, byMs: -7_200_000 });
  for (const text of ['', '5%', '5%:', ':3s', '5%:1s:2s', '5%:fast']) {
    expect(() => parseDelay(text)).toThrow(usage);
  }
  for (const text of ['2h', '5s:', '-5s:2h', '5s:--2h']) {
    expect(() => parseClockJump(text)).toThrow(usage);
  }
});

it('reads numbers within their bounds', () => {
  expect(parseBetween('0.4', 0, 0.9, 'an unevenness')).toBe(0.4);
  for (const text of ['', '1', '-1', '1e3', 'NaN']) {
    expect(() => parseBetween(text, 0, 0.9, 'an unevenness')).toThrow(usage);
  }
});
