/**
 * What stands before the samples of a fragment: moof with one track run, and the mdat's header (ISO/IEC 14496-12, 8.8.4 to
 * 8.8.12).
 */
import { BOX_HEADER_BYTES, box, fullBox, toBytes, u32, u64 } from './box.js';
import { mdatHeader } from './box-file.js';
import { TRACK_ID } from './box-movie.js';

/** What a table or a track run says of one sample, in decoding order. */
export interface SampleInfo {
  /** Bytes. */
  readonly size: number;
  /** Ticks until the next sample's decoding time; at least 1. */
  readonly duration: number;
  /** Ticks from decoding to presentation; may be negative. */
  readonly compositionOffset: number;
  /** Decoding can begin here. */
  readonly key: boolean;
}

// 8.8.3.1: sample_depends_on, and whether the sample is a sync sample.
const KEY_SAMPLE_FLAGS = 0x0200_0000;
const DELTA_SAMPLE_FLAGS = 0x0101_0000;

const TFHD_DEFAULT_BASE_IS_MOOF = 0x02_0000;

/** Composition offsets are signed. */
const TRUN_VERSION = 1;
const TRUN_DATA_OFFSET = 0x001;
const TRUN_DURATION = 0x100;
const TRUN_SIZE = 0x200;
const TRUN_FLAGS = 0x400;
const TRUN_FIELDS = TRUN_DATA_OFFSET | TRUN_DURATION | TRUN_SIZE | TRUN_FLAGS;
const TRUN_COMPOSITION_OFFSET = 0x800;

/** Fields of a row of the track run: duration, size and flags; with reordering also the composition offset. */
const ROW_BYTES = 12;
const REORDERED_ROW_BYTES = 16;

/** All of a moof but its rows. Every fragment begins with a copy, in which the numbers that differ are filled in. */
const TEMPLATE = toBytes(
  box(
    'moof',
    fullBox('mfhd', 0, 0, u32(0)), // sequence_number
    box(
      'traf',
      fullBox('tfhd', 0, TFHD_DEFAULT_BASE_IS_MOOF, u32(TRACK_ID)), // track_ID
      fullBox('tfdt', 1, 0, u64(0)), // baseMediaDecodeTime
      fullBox(
        'trun',
        TRUN_VERSION,
        0,
        u32(0), // sample_count
        u32(0), // data_offset, from the start of the moof
      ),
    ),
  ),
);

// Where the numbers stand: each box begins with its size and type, a full box goes on with version and flags.
const FULL_BOX_HEADER_BYTES = BOX_HEADER_BYTES + 4;
const SEQUENCE_NUMBER_AT = BOX_HEADER_BYTES + FULL_BOX_HEADER_BYTES;
const TRAF_AT = SEQUENCE_NUMBER_AT + 4;
const TFDT_AT = TRAF_AT + BOX_HEADER_BYTES + FULL_BOX_HEADER_BYTES + 4;
const DECODE_TIME_AT = TFDT_AT + FULL_BOX_HEADER_BYTES;
const TRUN_AT = DECODE_TIME_AT + 8;
const TRUN_FLAGS_AT = TRUN_AT + BOX_HEADER_BYTES;
const SAMPLE_COUNT_AT = TRUN_AT + FULL_BOX_HEADER_BYTES;
const DATA_OFFSET_AT = SAMPLE_COUNT_AT + 4;
const ROWS_AT = DATA_OFFSET_AT + 4;

/**
 * What stands before the samples of a fragment: its moof, and the header of its mdat. `sequenceNumber` counts from 1;
 * `decodeTime` is that of the first sample, in ticks.
 */
export function fragmentHeader(
  sequenceNumber: number,
  decodeTime: number,
  samples: readonly SampleInfo[],
): Uint8Array {
  const reordered = isReordered(samples);
  const rowBytes = reordered ? REORDERED_ROW_BYTES : ROW_BYTES;
  const moofBytes = ROWS_AT + samples.length * rowBytes;
  const bytes = new Uint8Array(moofBytes + BOX_HEADER_BYTES);
  bytes.set(TEMPLATE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, moofBytes);
  view.setUint32(SEQUENCE_NUMBER_AT, sequenceNumber);
  view.setUint32(TRAF_AT, moofBytes - TRAF_AT);
  view.setUint32(DECODE_TIME_AT, Math.floor(decodeTime / 0x1_0000_0000));
  view.setUint32(DECODE_TIME_AT + 4, decodeTime % 0x1_0000_0000);
  view.setUint32(TRUN_AT, moofBytes - TRUN_AT);
  const fields = reordered ? TRUN_FIELDS | TRUN_COMPOSITION_OFFSET : TRUN_FIELDS;
  view.setUint32(TRUN_FLAGS_AT, (TRUN_VERSION << 24) | fields);
  view.setUint32(SAMPLE_COUNT_AT, samples.length);
  view.setUint32(DATA_OFFSET_AT, bytes.length);
  let at = ROWS_AT;
  let payloadBytes = 0;
  for (const sample of samples) {
    view.setUint32(at, sample.duration); // sample_duration
    view.setUint32(at + 4, sample.size); // sample_size
    view.setUint32(at + 8, sample.key ? KEY_SAMPLE_FLAGS : DELTA_SAMPLE_FLAGS); // sample_flags
    if (reordered) view.setInt32(at + 12, sample.compositionOffset); // sample_composition_time_offset
    at += rowBytes;
    payloadBytes += sample.size;
  }
  bytes.set(mdatHeader(payloadBytes), moofBytes);
  return bytes;
}

function isReordered(samples: readonly SampleInfo[]): boolean {
  for (const sample of samples) if (sample.compositionOffset !== 0) return true;
  return false;
}
