import { expect, it } from 'vitest';
import { streamFraming } from '../../src/lib/h264/stream-framing.js';
import { annexB, idrAndSets, lengthPrefixed, otherNalUnit } from '../support/h264-builder.js';

it.each([
  ['annex-b', 'four-byte start codes', annexB(idrAndSets)],
  ['annex-b', 'three-byte start codes', annexB(idrAndSets, 3)],
  ['annex-b', 'zeros in front', Buffer.concat([Buffer.alloc(50), annexB(idrAndSets)])],
  ['annex-b', 'garbage in front', Buffer.concat([Buffer.from('abc'), annexB(idrAndSets)])],
  ['annex-b', 'an end of the sequence in front', annexB([Buffer.of(0x0a), ...idrAndSets])],
  ['annex-b', 'nothing at all', Buffer.alloc(0)],
  ['annex-b', 'text', Buffer.from('a stream of words')],
  ['annex-b', 'zeros behind', Buffer.concat([annexB([otherNalUnit(0x67)], 3), Buffer.alloc(500)])],
  ['annex-b', 'a start code that is no length', annexB([otherNalUnit(0x41, 400)], 3)],
  ['length-prefixed', 'lengths', lengthPrefixed(idrAndSets)],
  [
    'length-prefixed',
    'lengths, and zeros behind them',
    Buffer.concat([lengthPrefixed(idrAndSets), Buffer.alloc(501)]),
  ],
  [
    'annex-b',
    'lengths, and zeros with something behind them',
    Buffer.concat([lengthPrefixed(idrAndSets), Buffer.alloc(500), Buffer.of(1)]),
  ],
  [
    'length-prefixed',
    'a NAL unit longer than the head',
    lengthPrefixed([otherNalUnit(0x65, 9000)]).subarray(0, 99),
  ],
  [
    'length-prefixed',
    'lengths that look like start codes',
    lengthPrefixed([otherNalUnit(0x41, 0x141), otherNalUnit(0x41, 0x141)]),
  ],
  [
    'length-prefixed',
    'lengths, and start codes behind them',
    Buffer.concat([lengthPrefixed(idrAndSets), annexB(idrAndSets)]),
  ],
  [
    'length-prefixed',
    'an end of the sequence, one byte long',
    lengthPrefixed([...idrAndSets, Buffer.of(0x0a), ...idrAndSets]),
  ],
])('%s: %s', (framing, _name, head) => {
  expect(streamFraming(head)).toBe(framing);
});
