import { expect, it } from 'vitest';
import { foreignFormat } from '../../src/lib/h264/foreign-formats.js';
import { annexB, idrAndSets, lengthPrefixed } from '../support/h264-builder.js';

const transportStream = Buffer.alloc(188 * 3);
for (let i = 0; i < 3; i++) transportStream[i * 188] = 0x47;

it.each([
  ['an MP4 or QuickTime file', Buffer.from('\0\0\0\x18ftypisom', 'latin1')],
  ['a Matroska or WebM file', Buffer.of(0x1a, 0x45, 0xdf, 0xa3, 1)],
  ['an AVI or WAV file', Buffer.from('RIFF1234AVI ')],
  ['an MPEG transport stream', transportStream],
  ['H.265', annexB([Buffer.of(0x40, 0x01, 0x0c)])],
  ['H.265', annexB([Buffer.of(0x42, 0x01, 0x01)], 3)],
  ['MPEG-1 or MPEG-2 video', annexB([Buffer.of(0xb3, 0x16)], 3)],
  ['MPEG-4 Visual', annexB([Buffer.of(0xb0, 0x01)], 3)],
  ['a JPEG picture', Buffer.of(0xff, 0xd8, 0xff, 0xe0)],
])('recognises %s', (name, head) => {
  expect(foreignFormat(head)).toBe(name);
});

it.each([
  ['H.264', annexB(idrAndSets)],
  ['length-prefixed H.264', lengthPrefixed(idrAndSets)],
  ['nothing', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(1000)],
  ['a start code at the end', Buffer.of(0, 0, 0, 1)],
])('lets %s pass', (_name, head) => {
  expect(foreignFormat(head)).toBeUndefined();
});
