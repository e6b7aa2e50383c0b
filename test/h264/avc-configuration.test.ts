import { describe, expect, it } from 'vitest';
import { buildAvcConfiguration, codecString } from '../../src/lib/h264/avc-configuration.js';
import { parsedSps } from '../support/h264-parsed.js';

const baseline = { profileIdc: 66, constraintFlags: 0xe0, levelIdc: 31 };
const high = { profileIdc: 110, levelIdc: 40, bitDepth: 10, chromaFormatIdc: 2 };

describe('buildAvcConfiguration', () => {
  it('is six bytes, the sets with their lengths, and nothing else for Baseline', () => {
    const sets = {
      sps: [Buffer.of(0x67, 1, 2), Buffer.of(0x67, 3)],
      pps: [Buffer.alloc(300, 0x68)],
      spsExtensions: [],
    };
    expect(Buffer.from(buildAvcConfiguration(sets, parsedSps(baseline))).toString('hex')).toBe(
      `0142e01fffe2${'0003670102'}${'00026703'}01012c${'68'.repeat(300)}`,
    );
  });

  it('adds sample format and extensions for the High profiles', () => {
    const sets = {
      sps: [Buffer.of(0x67)],
      pps: [Buffer.of(0x68)],
      spsExtensions: [Buffer.of(0x6d, 0x80)],
    };
    expect(Buffer.from(buildAvcConfiguration(sets, parsedSps(high))).toString('hex')).toBe(
      '016e0028ffe1' + '000167' + '01000168' + 'fefafa01' + '00026d80',
    );
  });
});

it('writes the codec string as six digits', () => {
  expect(codecString(parsedSps(baseline))).toBe('avc1.42E01F');
  expect(codecString(parsedSps({ profileIdc: 100, levelIdc: 9 }))).toBe('avc1.640009');
});
