import { describe, expect, it } from 'vitest';
import { CamrecError } from '../../src/lib/base/errors.js';
import {
  formatBitrate,
  formatBytes,
  formatDuration,
  formatTime,
  NOTHING,
} from '../../src/lib/base/format.js';
import {
  parseAspectRatio,
  parseBitrate,
  parseDuration,
  parseFps,
  parseSince,
  parseSize,
  parseTimeout,
} from '../../src/lib/base/units.js';

/** The refusal of a value: what it says and what it proposes. */
function refusal(parse: () => unknown): CamrecError {
  try {
    parse();
  } catch (error) {
    if (error instanceof CamrecError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['1.5s', 1500],
    ['1m30s', 90_000],
    ['0', 0],
    ['0s', 0],
    [' 3s ', 3000],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '10', 's', '-1s', '1 s', '1y', '1e3s', '1s2', '0x1s', 'Infinity'])(
    'not %j',
    (text) => {
      const { code, exitCode, message, hint } = refusal(() => parseDuration(text));
      expect([code, exitCode]).toEqual(['USAGE', 2]);
      expect(message).toBe(`"${text}" is not a duration.`);
      expect(hint).toBe('Write it like 500ms, 10s, 2m or 1h.');
    },
  );

  it('that no timer can hold are refused where something waits', () => {
    expect(parseDuration('30d')).toBe(2_592_000_000);
    expect(refusal(() => parseTimeout('30d')).message).toBe(
      '"30d" is not a duration below 24 days.',
    );
  });
});

describe('sizes', () => {
  it.each([
    ['500MB', 500_000_000],
    ['1GiB', 1_073_741_824],
    ['1gib', 1_073_741_824],
    ['1.5kB', 1500],
    ['4096', 4096],
    ['2 TB', 2e12],
    ['0', 0],
  ])('%s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', 'GB', '-1GB', '1PB', '1GiBs', '99999999TB', '1G', 'iB'])('not %j', (text) => {
    expect(refusal(() => parseSize(text)).hint).toBe('Write it like 500MB or 1GiB.');
  });
});

describe('what a capture asks for', () => {
  it('aspect ratios', () => {
    expect(parseAspectRatio('4:3')).toEqual({ width: 4, height: 3 });
    expect(parseAspectRatio('1:1')).toEqual({ width: 1, height: 1 });
    for (const text of [
      '0:3',
      '4:0',
      '4',
      '4:',
      ':3',
      '4/3',
      '-4:3',
      '4.5:3',
      '99999:1',
      '4:3:2',
    ]) {
      expect(refusal(() => parseAspectRatio(text)).message).toBe(
        `"${text}" is not an aspect ratio.`,
      );
    }
  });

  it('bitrates', () => {
    expect(parseBitrate('4')).toBe(4);
    expect(parseBitrate('2147')).toBe(2147);
    for (const text of ['0', 'x', '-1', '1.5', '2148', '1e3', '']) {
      expect(refusal(() => parseBitrate(text)).message).toBe(`"${text}" is not a bitrate.`);
    }
  });

  it('frame rates', () => {
    expect(parseFps('0')).toBe(0);
    expect(parseFps('30')).toBe(30);
    for (const text of ['-1', 'x', '29.97', '1001', '']) {
      expect(refusal(() => parseFps(text)).message).toBe(`"${text}" is not a frame rate.`);
    }
  });
});

describe('points in time', () => {
  const now = Date.parse('2025-06-01T12:00:00Z');

  it('are dates, local unless they say otherwise', () => {
    expect(parseSince('2025-05-31', now)).toBe(new Date(2025, 4, 31).getTime());
    expect(parseSince('2025-05-31T10:00', now)).toBe(new Date(2025, 4, 31, 10).getTime());
    expect(parseSince('2025-05-31 10:00', now)).toBe(new Date(2025, 4, 31, 10).getTime());
    expect(parseSince('2025-05-31T10:00:00Z', now)).toBe(Date.parse('2025-05-31T10:00:00Z'));
    expect(parseSince('2024-02-29T10:00:00.5+02:00', now)).toBe(
      Date.UTC(2024, 1, 29, 8, 0, 0, 500),
    );
  });

  it('are ages', () => {
    expect(parseSince('2h', now)).toBe(now - 7_200_000);
    expect(parseSince('30d', now)).toBe(now - 2_592_000_000);
  });

  it.each([
    '',
    'yesterday',
    '2025-13-45',
    '2025-02-29',
    '2025-05-31T25:00',
    '2025-05-31 (about noon)',
    '5',
    '2h ago',
  ])('are not %j', (text) => {
    expect(refusal(() => parseSince(text, now)).code).toBe('USAGE');
  });
});

describe('for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [999_949, '999.9 kB'],
    [999_960, '1.0 MB'],
    [2_500_000, '2.5 MB'],
    [1e18, '1000.0 PB'],
  ])('%d bytes', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [59_949, '59.9 s'],
    [59_960, '1m00s'],
    [125_000, '2m05s'],
    [3_600_000, '1h00m'],
    [100 * 3_600_000, '4d04h'],
    [-5000, '-5.0 s'],
  ])('%d milliseconds', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('rates and times', () => {
    expect(formatBitrate(129_000)).toBe('129 kbit/s');
    expect(formatBitrate(3_940_000)).toBe('3.9 Mbit/s');
    expect(formatTime(new Date(2025, 5, 1, 9, 5, 3).getTime())).toBe('2025-06-01 09:05:03');
    expect(formatTime(Number.NaN)).toBe(NOTHING);
  });
});
