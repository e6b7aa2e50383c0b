/** Sequence parameter sets (ISO/IEC 14496-10, 7.3.2.1.1). Names within the parser are the standard's own. */
import { BitReader } from './bit-reader.js';
import { MAX_PICTURE_MACROBLOCKS, MAX_SIDE_MACROBLOCKS } from './limits.js';
import { NAL, nalUnitType } from './nal-unit-type.js';
import { skipScalingLists } from './scaling-lists.js';
import { parseVui, type Vui } from './vui.js';

export interface SequenceParameterSet {
  /** 0 to 31. */
  readonly id: number;
  readonly profileIdc: number;
  /** The byte of constraint_set flags, constraint_set0_flag in the highest bit. */
  readonly constraintFlags: number;
  readonly levelIdc: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormatIdc: number;
  readonly separateColourPlane: boolean;
  /** Bits of a luma and of a chroma sample, 8 to 14. */
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly frameNumBits: number;
  readonly pictureOrder: PictureOrderParameters;
  readonly maxNumRefFrames: number;
  /** Numbers may be left out of frame_num though no picture is missing. */
  readonly gapsInFrameNumAllowed: boolean;
  /** Size of a coded frame in macroblocks. */
  readonly widthInMacroblocks: number;
  readonly heightInMacroblocks: number;
  /** Size of the slice group map in its units (7.4.2.1.1). */
  readonly sizeInMapUnits: number;
  /** No field pictures and no field macroblocks. */
  readonly frameMacroblocksOnly: boolean;
  /** Shown size in luma samples, cropping applied. */
  readonly width: number;
  readonly height: number;
  /** Absent where there is none, or where it is damaged. */
  readonly vui: Vui | undefined;
}

/** What each of the three ways to count pictures in output order needs (8.2.1). */
export type PictureOrderParameters =
  | { readonly type: 0; readonly lsbBits: number }
  | {
      readonly type: 1;
      readonly deltaAlwaysZero: boolean;
      readonly offsetForNonRefPic: number;
      readonly offsetForTopToBottomField: number;
      readonly offsetsForRefFrame: readonly number[];
    }
  | { readonly type: 2 };

export type ParsedSps =
  | { readonly ok: true; readonly sps: SequenceParameterSet }
  | { readonly ok: false; readonly reason: string };

/** profile_idc of annex A, G, H and I, and 144, an old number of High 4:4:4. */
const PROFILES = new Set([
  44, 66, 77, 83, 86, 88, 100, 110, 118, 122, 128, 134, 135, 138, 139, 144, 244,
]);
/** Those whose sets have no chroma format, bit depth and scaling lists: Baseline, Main, Extended. */
const PLAIN_PROFILES = new Set([66, 77, 88]);

/** Whether a profile's sets, and its decoder configuration record, carry chroma format and bit depths. */
export function hasHighProfileFields(profileIdc: number): boolean {
  return !PLAIN_PROFILES.has(profileIdc);
}

/** Parses a NAL unit of type 7. Never throws: damage gives a reason in the standard's names. */
export function parseSps(nalUnit: Uint8Array): ParsedSps {
  if (nalUnitType(nalUnit) !== NAL.sps) return { ok: false, reason: 'nal_unit_type is not 7' };
  const reader = new BitReader(nalUnit);
  const profile_idc = reader.bits(8);
  reader.expect('profile_idc', PROFILES.has(profile_idc));
  const constraint_set_flags = reader.bits(8);
  const level_idc = reader.bits(8);
  const seq_parameter_set_id = reader.ue('seq_parameter_set_id', 31);
  const samples = readSampleFormat(reader, profile_idc);
  const log2_max_frame_num_minus4 = reader.ue('log2_max_frame_num_minus4', 12);
  const pictureOrder = readPictureOrder(reader);
  const max_num_ref_frames = reader.ue('max_num_ref_frames', 16);
  const gaps_in_frame_num_value_allowed_flag = reader.flag();
  const size = readSize(reader, samples);
  const vui_parameters_present_flag = reader.flag();
  if (reader.failure !== undefined) return { ok: false, reason: reader.failure };
  const sps: SequenceParameterSet = {
    id: seq_parameter_set_id,
    profileIdc: profile_idc,
    constraintFlags: constraint_set_flags,
    levelIdc: level_idc,
    ...samples,
    frameNumBits: log2_max_frame_num_minus4 + 4,
    pictureOrder,
    maxNumRefFrames: max_num_ref_frames,
    gapsInFrameNumAllowed: gaps_in_frame_num_value_allowed_flag,
    ...size,
    vui: vui_parameters_present_flag ? parseVui(reader) : undefined,
  };
  return { ok: true, sps };
}

type SampleFormat = Pick<
  SequenceParameterSet,
  'chromaFormatIdc' | 'separateColourPlane' | 'bitDepthLuma' | 'bitDepthChroma'
>;

function readSampleFormat(reader: BitReader, profile_idc: number): SampleFormat {
  if (!hasHighProfileFields(profile_idc)) {
    return { chromaFormatIdc: 1, separateColourPlane: false, bitDepthLuma: 8, bitDepthChroma: 8 };
  }
  const chroma_format_idc = reader.ue('chroma_format_idc', 3);
  const separate_colour_plane_flag = chroma_format_idc === 3 && reader.flag();
  const bit_depth_luma_minus8 = reader.ue('bit_depth_luma_minus8', 6);
  const bit_depth_chroma_minus8 = reader.ue('bit_depth_chroma_minus8', 6);
  reader.flag(); // qpprime_y_zero_transform_bypass_flag
  const seq_scaling_matrix_present_flag = reader.flag();
  if (seq_scaling_matrix_present_flag) skipScalingLists(reader, chroma_format_idc === 3 ? 12 : 8);
  return {
    chromaFormatIdc: chroma_format_idc,
    separateColourPlane: separate_colour_plane_flag,
    bitDepthLuma: bit_depth_luma_minus8 + 8,
    bitDepthChroma: bit_depth_chroma_minus8 + 8,
  };
}

function readPictureOrder(reader: BitReader): PictureOrderParameters {
  const pic_order_cnt_type = reader.ue('pic_order_cnt_type', 2);
  if (pic_order_cnt_type === 0) {
    const log2_max_pic_order_cnt_lsb_minus4 = reader.ue('log2_max_pic_order_cnt_lsb_minus4', 12);
    return { type: 0, lsbBits: log2_max_pic_order_cnt_lsb_minus4 + 4 };
  }
  if (pic_order_cnt_type === 2) return { type: 2 };
  const deltaAlwaysZero = reader.flag();
  const offsetForNonRefPic = reader.se('offset_for_non_ref_pic');
  const offsetForTopToBottomField = reader.se('offset_for_top_to_bottom_field');
  const num_ref_frames_in_pic_order_cnt_cycle = reader.ue(
    'num_ref_frames_in_pic_order_cnt_cycle',
    255,
  );
  const offsetsForRefFrame: number[] = [];
  for (let i = 0; i < num_ref_frames_in_pic_order_cnt_cycle; i++) {
    offsetsForRefFrame.push(reader.se('offset_for_ref_frame'));
  }
  return {
    type: 1,
    deltaAlwaysZero,
    offsetForNonRefPic,
    offsetForTopToBottomField,
    offsetsForRefFrame,
  };
}

type Size = Pick<
  SequenceParameterSet,
  | 'widthInMacroblocks'
  | 'heightInMacroblocks'
  | 'sizeInMapUnits'
  | 'frameMacroblocksOnly'
  | 'width'
  | 'height'
>;

function readSize(reader: BitReader, samples: SampleFormat): Size {
  const width = reader.ue('pic_width_in_mbs_minus1', MAX_SIDE_MACROBLOCKS - 1) + 1;
  const mapUnits = reader.ue('pic_height_in_map_units_minus1', MAX_SIDE_MACROBLOCKS - 1) + 1;
  const frame_mbs_only_flag = reader.bit();
  const height = (2 - frame_mbs_only_flag) * mapUnits;
  reader.expect('pic_height_in_map_units_minus1', height <= MAX_SIDE_MACROBLOCKS);
  reader.expect('the picture size', width * height <= MAX_PICTURE_MACROBLOCKS);
  if (frame_mbs_only_flag === 0) reader.flag(); // mb_adaptive_frame_field_flag
  reader.flag(); // direct_8x8_inference_flag
  const frame_cropping_flag = reader.flag();
  const crop = frame_cropping_flag ? readCropping(reader) : { horizontal: 0, vertical: 0 };
  // Equations 7-19 to 7-22: cropping counts in chroma samples, and in line pairs where there are fields.
  const subsampled = !samples.separateColourPlane;
  const cropUnitX = subsampled && [1, 2].includes(samples.chromaFormatIdc) ? 2 : 1;
  const cropUnitY =
    (subsampled && samples.chromaFormatIdc === 1 ? 2 : 1) * (2 - frame_mbs_only_flag);
  const shownWidth = width * 16 - cropUnitX * crop.horizontal;
  const shownHeight = height * 16 - cropUnitY * crop.vertical;
  reader.expect('frame_crop', shownWidth > 0 && shownHeight > 0);
  return {
    widthInMacroblocks: width,
    heightInMacroblocks: height,
    sizeInMapUnits: width * mapUnits,
    frameMacroblocksOnly: frame_mbs_only_flag === 1,
    width: shownWidth,
    height: shownHeight,
  };
}

function readCropping(reader: BitReader): { horizontal: number; vertical: number } {
  const left = reader.ue('frame_crop_left_offset');
  const right = reader.ue('frame_crop_right_offset');
  const top = reader.ue('frame_crop_top_offset');
  const bottom = reader.ue('frame_crop_bottom_offset');
  return { horizontal: left + right, vertical: top + bottom };
}
