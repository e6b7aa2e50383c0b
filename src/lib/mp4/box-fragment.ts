/**
 * The header of a fragment: moof with one track run (ISO/IEC 14496-12, 8.8.4 to 8.8.12).
 */
import { BOX_HEADER_BYTES, type Box, box, fullBox, u32, u64 } from './box.js';
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

const TRUN_DATA_OFFSET = 0x001;
const TRUN_DURATION = 0x100;
const TRUN_SIZE = 0x200;
const TRUN_FLAGS = 0x400;
const TRUN_FIELDS = TRUN_DATA_OFFSET | TRUN_DURATION | TRUN_SIZE | TRUN_FLAGS;
const TRUN_COMPOSITION_OFFSET = 0x800;

/**
 * A fragment whose mdat follows at once. `sequenceNumber` counts from 1;
 * `decodeTime` is that of the first sample, in ticks.
 */
export function moof(
  sequenceNumber: number,
  decodeTime: number,
  samples: readonly SampleInfo[],
): Box {
  const reordered = samples.some((sample) => sample.compositionOffset !== 0);
  const rows = trunRows(samples, reordered);
  const dataOffset = new Uint8Array(4);
  const fragment = box(
    'moof',
    fullBox('mfhd', 0, 0, u32(sequenceNumber)), // sequence_number
    box(
      'traf',
      fullBox('tfhd', 0, TFHD_DEFAULT_BASE_IS_MOOF, u32(TRACK_ID)), // track_ID
      fullBox('tfdt', 1, 0, u64(decodeTime)), // baseMediaDecodeTime
      fullBox(
        'trun',
        1, // version 1: composition offsets are signed
        reordered ? TRUN_FIELDS | TRUN_COMPOSITION_OFFSET : TRUN_FIELDS,
        u32(samples.length), // sample_count
        dataOffset, // data_offset, from the start of the moof
        rows,
      ),
    ),
  );
  // The run points past the moof, whose size does not depend on the value of that pointer.
  dataOffset.set(u32(fragment.size + BOX_HEADER_BYTES));
  return fragment;
}

function trunRows(samples: readonly SampleInfo[], reordered: boolean): Uint8Array {
  const rowBytes = reordered ? 16 : 12;
  const rows = new Uint8Array(samples.length * rowBytes);
  const view = new DataView(rows.buffer);
  let at = 0;
  for (const sample of samples) {
    view.setUint32(at, sample.duration); // sample_duration
    view.setUint32(at + 4, sample.size); // sample_size
    view.setUint32(at + 8, sample.key ? KEY_SAMPLE_FLAGS : DELTA_SAMPLE_FLAGS); // sample_flags
    if (reordered) view.setInt32(at + 12, sample.compositionOffset); // sample_composition_time_offset
    at += rowBytes;
  }
  return rows;
}
