import { expect, it } from 'vitest';
import { packetKind } from '../../src/lib/h264/classify.js';
import {
  accessUnitDelimiter,
  otherNalUnit,
  pps,
  sei,
  slice,
  sps,
} from '../support/h264-builder.js';

it.each([
  ['an empty payload', [], 'config'],
  ['parameter sets', [sps(), pps()], 'config'],
  ['parameter sets with what may stand beside them', [accessUnitDelimiter, sps(), sei()], 'config'],
  ['an IDR picture behind its parameter sets', [sps(), pps(), slice({ idr: true })], 'key'],
  [
    'an IDR picture behind other things',
    [accessUnitDelimiter, sei(), otherNalUnit(0x6e), otherNalUnit(0x74), slice({ idr: true })],
    'key',
  ],
  ['an IDR picture behind another one', [slice(), slice({ idr: true })], 'key'],
  ['another picture', [accessUnitDelimiter, slice()], 'delta'],
  ['a data partition', [slice({ partitionA: true })], 'delta'],
  ['the rest of a partitioned slice', [otherNalUnit(0x43)], 'delta'],
] as const)('%s', (_name, nalUnits, kind) => {
  expect(packetKind(nalUnits)).toBe(kind);
});
