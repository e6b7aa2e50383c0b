import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { foreignFormat, notH264 } from '../../src/lib/h264/foreign-formats.js';
import { annexB, idrAndSets, lengthPrefixed, otherNalUnit } from '../support/h264-builder.js';

/** Packets of a transport stream, `stride` bytes from one to the next, the first of them at `at`. */
function transportStream(stride: number, at: number): Buffer {
  const packets = Buffer.alloc(at + stride * 5, 0xff);
  for (let sync = at; sync < packets.length; sync += stride) packets[sync] = 0x47;
  return packets;
}

const tar = Buffer.alloc(1024);
tar.write('film.h264', 0);
tar.write('ustar', 257);

it.each([
  ['an MP4 or QuickTime file', Buffer.from('\0\0\0\x18ftypisom', 'latin1')],
  ['an MP4 or QuickTime file', Buffer.from('\0\0\0\x08wide\0\0\0\0mdat', 'latin1')],
  ['an MP4 or QuickTime file', Buffer.from('\0\0\0\x18styp', 'latin1')],
  ['a Matroska or WebM file', Buffer.of(0x1a, 0x45, 0xdf, 0xa3, 1)],
  ['an AVI or WAV file', Buffer.from('RIFF1234AVI ')],
  ['an ASF or WMV file', Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex')],
  ['an MXF file', Buffer.from('060e2b34020501010d0102', 'hex')],
  ['a NUT file', Buffer.from('nut/multimedia container\0')],
  ['a recording of a Dahua recorder', Buffer.from('DHAV\xfd\0', 'latin1')],
  ['a recording of a Hikvision recorder', Buffer.from('IMKH\x01\x01', 'latin1')],
  ['an MPEG transport stream', transportStream(188, 0)],
  ['an MPEG transport stream', transportStream(188, 100)],
  ['an MPEG transport stream', transportStream(192, 4)],
  ['an MPEG transport stream', transportStream(204, 0)],
  ['an MPEG program stream', annexB([Buffer.of(0xba, 0x44)], 3)],
  ['an MPEG program stream', annexB([Buffer.of(0xe0, 0x07)], 3)],
  ['H.265', annexB([Buffer.of(0x40, 0x01, 0x0c)])],
  ['H.265', annexB([Buffer.of(0x42, 0x01, 0x01)], 3)],
  ['MPEG-1 or MPEG-2 video', annexB([Buffer.of(0xb3, 0x16)], 3)],
  ['MPEG-4 Visual', annexB([Buffer.of(0xb0, 0x01)], 3)],
  ['a JPEG picture', Buffer.of(0xff, 0xd8, 0xff, 0xe0)],
])('recognises %s, and proposes the other engine', (name, head) => {
  const found = foreignFormat(head);
  expect(found).toMatchObject({ name });
  expect(found && notH264(found)).toMatchObject({
    code: 'STREAM_UNSUPPORTED',
    message: `This is ${name}, not H.264`,
    hint: expect.stringContaining('--engine ffmpeg'),
  });
});

it.each([
  ['a gzip file', gzipSync(annexB(idrAndSets))],
  ['a ZIP archive', Buffer.from('PK\x03\x04\x14')],
  ['a Zstandard file', Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0x24)],
  ['a tar archive', Buffer.concat([tar, annexB(idrAndSets)])],
])('recognises %s, and proposes to unpack it', (name, head) => {
  const found = foreignFormat(head);
  expect(found).toEqual({ name, kind: 'archive' });
  expect(found && notH264(found).hint).toContain('Unpack');
});

it.each([
  ['H.264', annexB(idrAndSets)],
  ['length-prefixed H.264', lengthPrefixed(idrAndSets)],
  // 00 00 01 and the number of another format, or of H.265 together with the header behind it.
  ...[0x1b0, 0x1b3, 0x1ba, 0x1e0].map((size): [string, Buffer] => [
    `a length of ${size} bytes`,
    lengthPrefixed([...idrAndSets, otherNalUnit(0x41, size)]),
  ]),
  ...[0x1b0, 0x1b3, 0x1ba, 0x1e0].map((size): [string, Buffer] => [
    `a length of ${size} bytes in front`,
    lengthPrefixed([otherNalUnit(0x06, size), ...idrAndSets]),
  ]),
  ['a length of 320 bytes', lengthPrefixed([...idrAndSets, otherNalUnit(0x01, 0x140)])],
  ['nothing', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(1000)],
  ['a start code at the end', Buffer.of(0, 0, 0, 1)],
  // The header of a parameter set may be the byte that transport streams begin packets with.
  ['a sync byte by chance', annexB([Buffer.from('4742', 'hex'), ...idrAndSets])],
])('lets %s pass', (_name, head) => {
  expect(foreignFormat(head)).toBeUndefined();
});
