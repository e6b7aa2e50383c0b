import { describe, expect, it } from 'vitest';
import { parseByteRange } from '../../src/lib/web/byte-range.js';

const SIZE = 1000;

describe('parseByteRange', () => {
  it.each([
    ['bytes=0-99', 0, 99],
    ['bytes=0-0', 0, 0],
    ['bytes=990-', 990, 999],
    ['bytes=-10', 990, 999],
    ['bytes=-5000', 0, 999],
    ['bytes=500-99999', 500, 999],
    ['Bytes= 1-2 ', 1, 2],
  ])('%s is a part', (header, first, last) => {
    expect(parseByteRange(header, SIZE)).toEqual({ kind: 'part', first, last });
  });

  it.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0'])('%s is outside', (header) => {
    expect(parseByteRange(header, SIZE)).toEqual({ kind: 'outside' });
  });

  it('has nothing of an empty file', () => {
    expect(parseByteRange('bytes=0-', 0)).toEqual({ kind: 'outside' });
    expect(parseByteRange('bytes=-1', 0)).toEqual({ kind: 'outside' });
  });

  it.each([
    undefined,
    '',
    'bytes=',
    'bytes=-',
    'bytes=9-1',
    'bytes=0-1,5-6',
    'bytes=a-b',
    'items=0-1',
    'bytes=0-1-2',
    `bytes=${'9'.repeat(40)}-`,
  ])('%s is answered with the whole', (header) => {
    expect(parseByteRange(header, SIZE)).toEqual({ kind: 'whole' });
  });
});
