/** Recognises what people hand over instead of H.264, to refuse it by its name. */
import { findStartCode, START_CODE_BYTES } from './start-codes.js';

/** Bytes at a fixed place that say what a file is. */
const SIGNATURES: readonly (readonly [name: string, offset: number, bytes: Buffer])[] = [
  ['an MP4 or QuickTime file', 4, Buffer.from('ftyp')],
  ['an MP4 or QuickTime file', 4, Buffer.from('moov')],
  ['an MP4 or QuickTime file', 4, Buffer.from('mdat')],
  ['a Matroska or WebM file', 0, Buffer.of(0x1a, 0x45, 0xdf, 0xa3)],
  ['an AVI or WAV file', 0, Buffer.from('RIFF')],
  ['an IVF file', 0, Buffer.from('DKIF')],
  ['an FLV file', 0, Buffer.from('FLV')],
  ['an Ogg file', 0, Buffer.from('OggS')],
  ['a JPEG picture', 0, Buffer.of(0xff, 0xd8, 0xff)],
  ['a PNG picture', 0, Buffer.of(0x89, 0x50, 0x4e, 0x47)],
];

const TRANSPORT_PACKET_BYTES = 188;
const TRANSPORT_SYNC = 0x47;

/** First bytes after a start code, of streams that use the same start codes. */
const START_CODE_NAMES: ReadonlyMap<number, string> = new Map([
  [0xb0, 'MPEG-4 Visual'],
  [0xb3, 'MPEG-1 or MPEG-2 video'],
  [0xba, 'an MPEG program stream'],
]);

/** Two-byte NAL unit headers of H.265: parameter sets, access unit delimiter, SEI, of the base layer. */
const H265_HEADERS = new Set([0x4001, 0x4201, 0x4401, 0x4601, 0x4e01]);

/** The name of the format that a file's first bytes show, such as "H.265"; nothing where it may be H.264. */
export function foreignFormat(head: Buffer): string | undefined {
  for (const [name, offset, bytes] of SIGNATURES) {
    if (head.subarray(offset, offset + bytes.length).equals(bytes)) return name;
  }
  if (isTransportStream(head)) return 'an MPEG transport stream';
  const start = findStartCode(head, 0) + START_CODE_BYTES;
  if (start < START_CODE_BYTES || start + 2 > head.length) return undefined;
  if (H265_HEADERS.has(head.readUInt16BE(start))) return 'H.265';
  return START_CODE_NAMES.get(head.readUInt8(start));
}

function isTransportStream(head: Buffer): boolean {
  return [0, 1, 2].every((packet) => head[packet * TRANSPORT_PACKET_BYTES] === TRANSPORT_SYNC);
}
