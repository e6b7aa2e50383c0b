/** Recognises what people hand over instead of H.264, to refuse it by its name. */
import { CamrecError } from '../base/errors.js';
import { OTHER_ENGINE_HINT } from './nal-unit-stream.js';
import { findStartCode, START_CODE_BYTES } from './start-codes.js';
import { streamFraming } from './stream-framing.js';

export interface ForeignFormat {
  /** As "This is … ." goes on. */
  readonly name: string;
  /** Video with times around it, video without, or no video as it stands. */
  readonly kind: 'container' | 'stream' | 'archive';
}

type Signature = readonly [name: string, offset: number, bytes: Buffer];

/** Types of the boxes that a file of the MP4 family begins with, or a segment of one. */
const FIRST_BOXES = ['ftyp', 'moov', 'mdat', 'moof', 'styp', 'sidx', 'free', 'skip', 'wide'];

/** Bytes at a fixed place that say what a file is. Some of these hold H.264 with start codes, and their own bytes between. */
const CONTAINERS: readonly Signature[] = [
  ...FIRST_BOXES.map((type): Signature => ['an MP4 or QuickTime file', 4, Buffer.from(type)]),
  ['a Matroska or WebM file', 0, Buffer.of(0x1a, 0x45, 0xdf, 0xa3)],
  ['an AVI or WAV file', 0, Buffer.from('RIFF')],
  ['an IVF file', 0, Buffer.from('DKIF')],
  ['an FLV file', 0, Buffer.from('FLV')],
  ['an Ogg file', 0, Buffer.from('OggS')],
  ['an ASF or WMV file', 0, Buffer.of(0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11)],
  ['an MXF file', 0, Buffer.of(0x06, 0x0e, 0x2b, 0x34)],
  ['a NUT file', 0, Buffer.from('nut/multimedia')],
  ['a recording of a Dahua recorder', 0, Buffer.from('DHAV')],
  ['a recording of a Hikvision recorder', 0, Buffer.from('IMKH')],
  ['a JPEG picture', 0, Buffer.of(0xff, 0xd8, 0xff)],
  ['a PNG picture', 0, Buffer.of(0x89, 0x50, 0x4e, 0x47)],
];

/** The same of what packs files. What is not compressed in it looks like H.264 with something in between. */
const ARCHIVES: readonly Signature[] = [
  ['a gzip file', 0, Buffer.of(0x1f, 0x8b)],
  ['a ZIP archive', 0, Buffer.from('PK\x03\x04')],
  ['a bzip2 file', 0, Buffer.from('BZh')],
  ['an xz file', 0, Buffer.from('\xfd7zXZ', 'latin1')],
  ['a Zstandard file', 0, Buffer.of(0x28, 0xb5, 0x2f, 0xfd)],
  ['a 7-Zip archive', 0, Buffer.of(0x37, 0x7a, 0xbc, 0xaf)],
  ['a tar archive', 257, Buffer.from('ustar')],
];

const UNPACK = 'Unpack it, and mux what is in it.';

/**
 * Bytes from one packet of a transport stream to the next: alone, behind a time of four bytes as M2TS has it, and with
 * sixteen bytes of error correction.
 */
const TRANSPORT_STRIDES = [188, 192, 204];
const TRANSPORT_SYNC = 0x47;

/** Packets in a row that make a transport stream: fewer might come by chance. */
const TRANSPORT_PACKETS = 5;

/** First bytes after a start code, of what uses the same start codes. */
const START_CODE_FORMATS: ReadonlyMap<number, ForeignFormat> = new Map([
  [0xb0, { name: 'MPEG-4 Visual', kind: 'stream' }],
  [0xb3, { name: 'MPEG-1 or MPEG-2 video', kind: 'stream' }],
  [0xba, { name: 'an MPEG program stream', kind: 'container' }],
  [0xe0, { name: 'an MPEG program stream', kind: 'container' }],
]);

/** Two-byte NAL unit headers of H.265: parameter sets, access unit delimiter, SEI, of the base layer. */
const H265_HEADERS = new Set([0x4001, 0x4201, 0x4401, 0x4601, 0x4e01]);

/** What a file's first bytes show; nothing where it may be H.264. */
export function foreignFormat(head: Buffer): ForeignFormat | undefined {
  const archive = signedName(ARCHIVES, head);
  if (archive !== undefined) return { name: archive, kind: 'archive' };
  const container = isTransportStream(head)
    ? 'an MPEG transport stream'
    : signedName(CONTAINERS, head);
  if (container !== undefined) return { name: container, kind: 'container' };
  const startCode = findStartCode(head, 0);
  const start = startCode + START_CODE_BYTES;
  if (startCode < 0 || start + 2 > head.length) return undefined;
  // A length of 256 to 511 bytes looks like a start code too.
  if (streamFraming(head) === 'length-prefixed') return undefined;
  if (H265_HEADERS.has(head.readUInt16BE(start))) return { name: 'H.265', kind: 'stream' };
  return START_CODE_FORMATS.get(head.readUInt8(start));
}

/** The refusal of a file of another format. */
export function notH264({ name, kind }: ForeignFormat): CamrecError {
  return new CamrecError('STREAM_UNSUPPORTED', `This is ${name}, not H.264`, {
    hint: kind === 'archive' ? UNPACK : OTHER_ENGINE_HINT,
  });
}

function signedName(signatures: readonly Signature[], head: Buffer): string | undefined {
  const found = signatures.find(([, offset, bytes]) =>
    head.subarray(offset, offset + bytes.length).equals(bytes),
  );
  return found?.[0];
}

/** Wherever its packets begin: what was cut out of a broadcast begins anywhere. */
function isTransportStream(head: Buffer): boolean {
  return TRANSPORT_STRIDES.some((stride) => {
    for (let at = 0; at < stride; at += 1) if (hasSyncs(head, at, stride)) return true;
    return false;
  });
}

function hasSyncs(head: Buffer, at: number, stride: number): boolean {
  for (let packet = 0; packet < TRANSPORT_PACKETS; packet += 1) {
    if (head[at + packet * stride] !== TRANSPORT_SYNC) return false;
  }
  return true;
}
