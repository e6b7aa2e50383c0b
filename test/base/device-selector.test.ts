import { describe, expect, it } from 'vitest';
import { matchDevices, selectDevices } from '../../src/lib/base/device-selector.js';

const bench1 = { id: '192.0.2.7_4001', name: 'bench-1' };
const bench10 = { id: '192.0.2.8_4002', name: 'bench-10' };
const pixel = { id: '192.0.2.9_4003', name: 'Pixel 6a 192.0.2.9' };
const devices = [bench1, bench10, pixel];

describe('selectDevices', () => {
  it('takes all where none is named', () => {
    expect(selectDevices(undefined, devices)).toEqual(devices);
    expect(selectDevices([], devices)).toEqual(devices);
  });

  it.each([
    ['a name, although it begins another', 'bench-1', bench1],
    ['an id', '192.0.2.8_4002', bench10],
    ['a unique beginning of a name', 'bench-10', bench10],
    ['in any case', 'pix', pixel],
    ['a name in any case, although it begins another', 'BENCH-1', bench1],
    ['a unique beginning of an id', '192.0.2.9', pixel],
  ])('takes %s', (_name, selector, device) => {
    expect(selectDevices([selector], devices)).toEqual([device]);
  });

  it('takes the one in the very case where two differ by case alone', () => {
    const shouting = { id: '192.0.2.10_4004', name: 'BENCH-1' };
    expect(selectDevices(['BENCH-1'], [bench1, shouting])).toEqual([shouting]);
    expect(matchDevices('Bench-1', [bench1, shouting])).toEqual([bench1, shouting]);
  });

  it('takes letters with marks, composed or not', () => {
    const kitchen = { id: '192.0.2.11_4005', name: 'Küche'.normalize('NFC') };
    expect(selectDevices(['kü'.normalize('NFD')], [bench1, kitchen])).toEqual([kitchen]);
  });

  it('takes each once and keeps their order', () => {
    expect(selectDevices(['pix', 'bench-1', '192.0.2.7'], devices)).toEqual([bench1, pixel]);
  });

  it('lists the candidates of an ambiguous one', () => {
    expect(() => selectDevices(['bench'], devices)).toThrow(
      expect.objectContaining({
        code: 'AMBIGUOUS_DEVICE',
        exitCode: 2,
        hint: 'Say which: bench-1 (192.0.2.7_4001), bench-10 (192.0.2.8_4002).',
      }),
    );
  });

  it('does not choose between two of the same name', () => {
    const twins = [bench1, { id: '192.0.2.20_1', name: 'bench-1' }];
    expect(matchDevices('bench-1', twins)).toEqual(twins);
    expect(() => selectDevices(['bench-1'], twins)).toThrow(
      expect.objectContaining({ code: 'AMBIGUOUS_DEVICE' }),
    );
    expect(selectDevices(['192.0.2.20'], twins)).toEqual([twins[1]]);
  });

  it.each(['nobody', ''])('says who is there when it knows no %j', (selector) => {
    expect(() => selectDevices([selector], [pixel])).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_DEVICE',
        exitCode: 4,
        hint: 'Connected: Pixel 6a 192.0.2.9 (192.0.2.9_4003).',
      }),
    );
  });

  it('says so when nobody is there', () => {
    expect(() => selectDevices(['x'], [])).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/^No phone is connected/) }),
    );
  });
});
