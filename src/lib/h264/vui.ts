/** Video usability information (ISO/IEC 14496-10, annex E): how the decoded pictures are meant to be shown. */
import type { BitReader } from './bit-reader.js';

/** Width and height of one sample. */
export interface SampleAspectRatio {
  readonly width: number;
  readonly height: number;
}

export interface Vui {
  readonly sampleAspectRatio: SampleAspectRatio | undefined;
  /** Code points of table E-3 to E-5; absent where the stream says nothing about colour. */
  readonly colour:
    | {
        readonly primaries: number;
        readonly transfer: number;
        readonly matrix: number;
        readonly fullRange: boolean;
      }
    | undefined;
  /** Ticks are fields: a picture lasts two of them. */
  readonly timing:
    | {
        readonly numUnitsInTick: number;
        readonly timeScale: number;
        readonly fixedFrameRate: boolean;
      }
    | undefined;
  readonly bitstreamRestriction:
    | { readonly maxNumReorderFrames: number; readonly maxDecFrameBuffering: number }
    | undefined;
}

/** Table E-1, by aspect_ratio_idc. */
const SAMPLE_ASPECT_RATIOS: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
];
const EXTENDED_SAR = 255;
/** "Unspecified" in each of the three colour tables: what the standard infers where no code point is given. */
const COLOUR_UNSPECIFIED = 2;
/** The largest decoded picture buffer, in frames (A.3.1). */
const MAX_DPB_FRAMES = 16;

/** vui_parameters(). Nothing where they are cut short or out of range: decoders play such streams without them. */
export function parseVui(reader: BitReader): Vui | undefined {
  const sampleAspectRatio = reader.flag() ? readSampleAspectRatio(reader) : undefined;
  if (reader.flag()) reader.flag(); // overscan_info_present_flag, overscan_appropriate_flag
  const colour = reader.flag() ? readColour(reader) : undefined;
  if (reader.flag()) {
    reader.ue('chroma_sample_loc_type_top_field', 5);
    reader.ue('chroma_sample_loc_type_bottom_field', 5);
  }
  const timing = reader.flag() ? readTiming(reader) : undefined;
  const nal_hrd_parameters_present_flag = reader.flag();
  if (nal_hrd_parameters_present_flag) skipHrd(reader);
  const vcl_hrd_parameters_present_flag = reader.flag();
  if (vcl_hrd_parameters_present_flag) skipHrd(reader);
  if (nal_hrd_parameters_present_flag || vcl_hrd_parameters_present_flag) reader.flag(); // low_delay_hrd_flag
  reader.flag(); // pic_struct_present_flag
  const bitstreamRestriction = reader.flag() ? readBitstreamRestriction(reader) : undefined;
  if (reader.failure !== undefined) return undefined;
  return { sampleAspectRatio, colour, timing, bitstreamRestriction };
}

function readSampleAspectRatio(reader: BitReader): SampleAspectRatio | undefined {
  const aspect_ratio_idc = reader.bits(8);
  const [width, height] =
    aspect_ratio_idc === EXTENDED_SAR
      ? [reader.bits(16), reader.bits(16)]
      : (SAMPLE_ASPECT_RATIOS[aspect_ratio_idc] ?? [0, 0]);
  return width > 0 && height > 0 ? { width, height } : undefined;
}

function readColour(reader: BitReader): Vui['colour'] {
  reader.bits(3); // video_format
  const fullRange = reader.flag();
  if (reader.flag()) {
    const primaries = reader.bits(8);
    const transfer = reader.bits(8);
    const matrix = reader.bits(8);
    return { primaries, transfer, matrix, fullRange };
  }
  if (!fullRange) return undefined;
  const unspecified = COLOUR_UNSPECIFIED;
  return { primaries: unspecified, transfer: unspecified, matrix: unspecified, fullRange };
}

function readTiming(reader: BitReader): Vui['timing'] {
  const numUnitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  const fixedFrameRate = reader.flag();
  // Neither may be 0 (E.2.1), and some encoders send 0 for "unknown".
  if (numUnitsInTick === 0 || timeScale === 0) return undefined;
  return { numUnitsInTick, timeScale, fixedFrameRate };
}

/** hrd_parameters(), of which nothing is needed. */
function skipHrd(reader: BitReader): void {
  const cpb_cnt_minus1 = reader.ue('cpb_cnt_minus1', 31);
  reader.bits(8); // bit_rate_scale, cpb_size_scale
  for (let i = 0; i <= cpb_cnt_minus1; i++) {
    reader.ue('bit_rate_value_minus1');
    reader.ue('cpb_size_value_minus1');
    reader.flag(); // cbr_flag
  }
  reader.bits(20); // three lengths of 5 bits, and time_offset_length
}

function readBitstreamRestriction(reader: BitReader): Vui['bitstreamRestriction'] {
  reader.flag(); // motion_vectors_over_pic_boundaries_flag
  reader.ue('max_bytes_per_pic_denom', 16);
  reader.ue('max_bits_per_mb_denom', 16);
  reader.ue('log2_max_mv_length_horizontal', 16);
  reader.ue('log2_max_mv_length_vertical', 16);
  const maxNumReorderFrames = reader.ue('max_num_reorder_frames');
  const maxDecFrameBuffering = reader.ue('max_dec_frame_buffering');
  // A restriction that makes no sense restricts nothing; what stands before it is good all the same.
  const sound =
    maxNumReorderFrames <= maxDecFrameBuffering && maxDecFrameBuffering <= MAX_DPB_FRAMES;
  return sound ? { maxNumReorderFrames, maxDecFrameBuffering } : undefined;
}
