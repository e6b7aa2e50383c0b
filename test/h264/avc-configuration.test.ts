import { describe, expect, it } from 'vitest';
import {
  buildAvcConfiguration,
  codecString,
  parseAvcConfiguration,
} from '../../src/lib/h264/avc-configuration.js';
import { otherNalUnit, pps, sps } from '../support/h264-builder.js';
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

describe('parseAvcConfiguration', () => {
  it.each([
    ['Baseline', baseline, []],
    ['a High profile', high, [otherNalUnit(0x6d)]],
  ])('reads back what was built for %s', (_name, options, spsExtensions) => {
    const sets = {
      sps: [sps(options), sps({ ...options, id: 1 })],
      pps: [pps(), pps({ id: 1 })],
      spsExtensions,
    };
    const record = buildAvcConfiguration(sets, parsedSps(options));
    const parsed = parseAvcConfiguration(record);
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(parsed.lengthSize).toBe(4);
    const bytes = (nalUnits: readonly Uint8Array[]) => nalUnits.map((one) => Buffer.from(one));
    expect(bytes(parsed.sets.sps)).toEqual(sets.sps);
    expect(bytes(parsed.sets.pps)).toEqual(sets.pps);
    expect(bytes(parsed.sets.spsExtensions)).toEqual(sets.spsExtensions);
  });

  it('refuses a record that is cut short, at every byte, but for the fields old writers leave out', () => {
    const sets = { sps: [sps(high)], pps: [pps()], spsExtensions: [otherNalUnit(0x6d)] };
    const record = buildAvcConfiguration(sets, parsedSps(high));
    const beforeHighFields = record.length - 4 - 2 - 4;
    for (let length = 0; length < record.length; length++) {
      const withoutCount = length >= beforeHighFields && length < beforeHighFields + 4;
      expect(parseAvcConfiguration(record.subarray(0, length)).ok).toBe(withoutCount);
    }
  });

  it('refuses what it cannot be', () => {
    const record = buildAvcConfiguration({ sps: [], pps: [], spsExtensions: [] }, parsedSps());
    expect(parseAvcConfiguration(record).ok).toBe(true);
    record[4] = 0xfe;
    expect(parseAvcConfiguration(record)).toEqual({ ok: false, reason: 'lengthSizeMinusOne is 2' });
    record[0] = 0;
    expect(parseAvcConfiguration(record)).toEqual({
      ok: false,
      reason: 'configurationVersion is 0',
    });
  });
});

it('writes the codec string as six digits', () => {
  expect(codecString(parsedSps(baseline))).toBe('avc1.42E01F');
  expect(codecString(parsedSps({ profileIdc: 100, levelIdc: 9 }))).toBe('avc1.640009');
});
