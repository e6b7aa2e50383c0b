/** Picture parameter sets (ISO/IEC 14496-10, 7.3.2.2). Names within the parser are the standard's own. */
import { BitReader } from './bit-reader.js';
import { NAL, nalUnitType } from './nal-unit-type.js';
import { skipScalingLists } from './scaling-lists.js';
import { hasHighProfileFields, type SequenceParameterSet } from './sps.js';

export interface PictureParameterSet {
  /** 0 to 255. */
  readonly id: number;
  readonly spsId: number;
  readonly entropyCodingMode: 'cavlc' | 'cabac';
  /** Slice headers carry the picture order of the bottom field, or the second delta. */
  readonly bottomFieldPicOrderInFramePresent: boolean;
  /** 1 to 8. */
  readonly numSliceGroups: number;
  /** 0 to 6; only with several slice groups. */
  readonly sliceGroupMapType: number | undefined;
  /** Only with the map types that change over time, 3 to 5. */
  readonly sliceGroupChangeRate: number | undefined;
  /** Lengths of the two reference lists where the slice header gives none, 1 to 32. */
  readonly defaultRefListLengths: readonly [number, number];
  readonly weightedPrediction: boolean;
  /** 0 none, 1 explicit, 2 implicit. */
  readonly weightedBipredIdc: number;
  readonly redundantPicCntPresent: boolean;
}

export type ParsedPps =
  | { readonly ok: true; readonly pps: PictureParameterSet }
  | { readonly ok: false; readonly reason: string };

/** The two ids in front, which can be read before the sequence parameter set is known. */
export type ParsedPpsIds =
  | { readonly ok: true; readonly id: number; readonly spsId: number }
  | { readonly ok: false; readonly reason: string };

/** Reads the ids of a NAL unit of type 8. Never throws. */
export function parsePpsIds(nalUnit: Uint8Array): ParsedPpsIds {
  if (nalUnitType(nalUnit) !== NAL.pps) return { ok: false, reason: 'nal_unit_type is not 8' };
  const reader = new BitReader(nalUnit);
  const id = reader.ue('pic_parameter_set_id', 255);
  const spsId = reader.ue('seq_parameter_set_id', 31);
  return reader.failure === undefined
    ? { ok: true, id, spsId }
    : { ok: false, reason: reader.failure };
}

/** Parses a NAL unit of type 8 whose sequence parameter set is known. Never throws. */
export function parsePps(nalUnit: Uint8Array, sps: SequenceParameterSet): ParsedPps {
  if (nalUnitType(nalUnit) !== NAL.pps) return { ok: false, reason: 'nal_unit_type is not 8' };
  const reader = new BitReader(nalUnit);
  const pic_parameter_set_id = reader.ue('pic_parameter_set_id', 255);
  const seq_parameter_set_id = reader.ue('seq_parameter_set_id', 31);
  const entropy_coding_mode_flag = reader.flag();
  const bottom_field_pic_order_in_frame_present_flag = reader.flag();
  const sliceGroups = readSliceGroups(reader, sps);
  const num_ref_idx_l0_default_active_minus1 = reader.ue('num_ref_idx_l0_default_active', 31);
  const num_ref_idx_l1_default_active_minus1 = reader.ue('num_ref_idx_l1_default_active', 31);
  const weighted_pred_flag = reader.flag();
  const weighted_bipred_idc = reader.bits(2);
  reader.expect('weighted_bipred_idc', weighted_bipred_idc <= 2);
  reader.se('pic_init_qp_minus26', -26 - 6 * (sps.bitDepthLuma - 8), 25);
  reader.se('pic_init_qs_minus26', -26, 25);
  reader.se('chroma_qp_index_offset', -12, 12);
  reader.flag(); // deblocking_filter_control_present_flag
  reader.flag(); // constrained_intra_pred_flag
  const redundant_pic_cnt_present_flag = reader.flag();
  // Baseline and Main have nothing here, and what some encoders leave behind is not worth a picture.
  if (hasHighProfileFields(sps.profileIdc) && reader.moreData()) skipHighProfileFields(reader, sps);
  if (reader.failure !== undefined) return { ok: false, reason: reader.failure };
  const pps: PictureParameterSet = {
    id: pic_parameter_set_id,
    spsId: seq_parameter_set_id,
    entropyCodingMode: entropy_coding_mode_flag ? 'cabac' : 'cavlc',
    bottomFieldPicOrderInFramePresent: bottom_field_pic_order_in_frame_present_flag,
    ...sliceGroups,
    defaultRefListLengths: [
      num_ref_idx_l0_default_active_minus1 + 1,
      num_ref_idx_l1_default_active_minus1 + 1,
    ],
    weightedPrediction: weighted_pred_flag,
    weightedBipredIdc: weighted_bipred_idc,
    redundantPicCntPresent: redundant_pic_cnt_present_flag,
  };
  return { ok: true, pps };
}

type SliceGroups = Pick<
  PictureParameterSet,
  'numSliceGroups' | 'sliceGroupMapType' | 'sliceGroupChangeRate'
>;

function readSliceGroups(reader: BitReader, sps: SequenceParameterSet): SliceGroups {
  const num_slice_groups_minus1 = reader.ue('num_slice_groups_minus1', 7);
  const numSliceGroups = num_slice_groups_minus1 + 1;
  if (num_slice_groups_minus1 === 0) {
    return { numSliceGroups, sliceGroupMapType: undefined, sliceGroupChangeRate: undefined };
  }
  const slice_group_map_type = reader.ue('slice_group_map_type', 6);
  const last = sps.sizeInMapUnits - 1;
  let sliceGroupChangeRate: number | undefined;
  if (slice_group_map_type === 0) {
    for (let i = 0; i <= num_slice_groups_minus1; i++) reader.ue('run_length_minus1', last);
  } else if (slice_group_map_type === 2) {
    for (let i = 0; i < num_slice_groups_minus1; i++) {
      const top_left = reader.ue('top_left', last);
      const bottom_right = reader.ue('bottom_right', last);
      reader.expect('top_left', top_left <= bottom_right);
    }
  } else if (slice_group_map_type >= 3 && slice_group_map_type <= 5) {
    reader.flag(); // slice_group_change_direction_flag
    sliceGroupChangeRate = reader.ue('slice_group_change_rate_minus1', last) + 1;
  } else if (slice_group_map_type === 6) {
    const pic_size_in_map_units_minus1 = reader.ue('pic_size_in_map_units_minus1', last);
    reader.expect('pic_size_in_map_units_minus1', pic_size_in_map_units_minus1 === last);
    const idBits = Math.ceil(Math.log2(numSliceGroups));
    for (let i = 0; i <= pic_size_in_map_units_minus1 && reader.failure === undefined; i++) {
      reader.expect('slice_group_id', reader.bits(idBits) <= num_slice_groups_minus1);
    }
  }
  return { numSliceGroups, sliceGroupMapType: slice_group_map_type, sliceGroupChangeRate };
}

/** What the High profiles add at the end. */
function skipHighProfileFields(reader: BitReader, sps: SequenceParameterSet): void {
  const transform_8x8_mode_flag = reader.bit();
  const pic_scaling_matrix_present_flag = reader.flag();
  if (pic_scaling_matrix_present_flag) {
    const listsOf64 = sps.chromaFormatIdc === 3 ? 6 : 2;
    skipScalingLists(reader, 6 + listsOf64 * transform_8x8_mode_flag);
  }
  reader.se('second_chroma_qp_index_offset', -12, 12);
}
