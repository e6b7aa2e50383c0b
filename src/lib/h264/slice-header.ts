/**
 * Slice headers from the first field to the reference picture marking (ISO/IEC 14496-10, 7.3.3): what tells
 * pictures apart and puts them into output order. Names within the parser are the standard's own.
 */
import { BitReader } from './bit-reader.js';
import { NAL, nalRefIdc, nalUnitType } from './nal-unit-type.js';
import type { PictureParameterSet } from './pps.js';
import { skipPredWeightTable, skipRefPicListModification } from './slice-references.js';
import type { SequenceParameterSet } from './sps.js';

export type SliceType = 'P' | 'B' | 'I' | 'SP' | 'SI';

const SLICE_TYPES: readonly SliceType[] = ['P', 'B', 'I', 'SP', 'SI'];

export interface SliceHeader {
  /** Part of an IDR picture: nal_unit_type 5. */
  readonly idr: boolean;
  /** 0 where no other picture refers to this one. */
  readonly nalRefIdc: number;
  readonly firstMbInSlice: number;
  readonly sliceType: SliceType;
  readonly ppsId: number;
  readonly spsId: number;
  /** 0 unless the colour planes are coded apart. */
  readonly colourPlaneId: number;
  readonly frameNum: number;
  readonly structure: 'frame' | 'top-field' | 'bottom-field';
  /** 0 unless `idr`. */
  readonly idrPicId: number;
  readonly picOrderCntLsb: number;
  readonly deltaPicOrderCntBottom: number;
  readonly deltaPicOrderCnt: readonly [number, number];
  /** Above 0 for a slice of a redundant coded picture. */
  readonly redundantPicCnt: number;
  /** memory_management_control_operation 5: all reference pictures are dropped and counting starts anew. */
  readonly resetsReferences: boolean;
}

export type ParsedSliceHeader =
  | { readonly ok: true; readonly header: SliceHeader }
  | { readonly ok: false; readonly reason: string };

/** first_mb_in_slice, which needs no parameter set; nothing where it cannot be read. */
export function readFirstMbInSlice(nalUnit: Uint8Array): number | undefined {
  const reader = new BitReader(nalUnit);
  const first_mb_in_slice = reader.ue('first_mb_in_slice');
  return reader.failure === undefined ? first_mb_in_slice : undefined;
}

/** pic_parameter_set_id, which says what the rest is read with; nothing where it cannot be read. */
export function readSlicePpsId(nalUnit: Uint8Array): number | undefined {
  const reader = new BitReader(nalUnit);
  reader.ue('first_mb_in_slice');
  reader.ue('slice_type', 9);
  const pic_parameter_set_id = reader.ue('pic_parameter_set_id', 255);
  return reader.failure === undefined ? pic_parameter_set_id : undefined;
}

/** Parses the header of a NAL unit of type 1, 2 or 5 with the parameter sets it names. Never throws. */
export function parseSliceHeader(
  nalUnit: Uint8Array,
  pps: PictureParameterSet,
  sps: SequenceParameterSet,
): ParsedSliceHeader {
  const reader = new BitReader(nalUnit);
  const idr = nalUnitType(nalUnit) === NAL.idrSlice;
  const nal_ref_idc = nalRefIdc(nalUnit);
  const macroblocks = sps.widthInMacroblocks * sps.heightInMacroblocks;
  const first_mb_in_slice = reader.ue('first_mb_in_slice', macroblocks - 1);
  const slice_type = SLICE_TYPES[reader.ue('slice_type', 9) % 5] ?? 'P';
  const intra = slice_type === 'I' || slice_type === 'SI';
  reader.expect('slice_type', intra || !idr);
  const pic_parameter_set_id = reader.ue('pic_parameter_set_id', 255);
  reader.expect('pic_parameter_set_id', pic_parameter_set_id === pps.id);
  const colour_plane_id = sps.separateColourPlane ? reader.bits(2) : 0;
  const frame_num = reader.bits(sps.frameNumBits);
  const field_pic_flag = !sps.frameMacroblocksOnly && reader.flag();
  const bottom_field_flag = field_pic_flag && reader.flag();
  const idr_pic_id = idr ? reader.ue('idr_pic_id', 65_535) : 0;
  const order = readPictureOrder(reader, pps, sps, field_pic_flag);
  const redundant_pic_cnt = pps.redundantPicCntPresent ? reader.ue('redundant_pic_cnt', 127) : 0;
  if (slice_type === 'B') reader.flag(); // direct_spatial_mv_pred_flag
  const refListLengths = readRefListLengths(reader, pps, slice_type, field_pic_flag);
  skipRefPicListModification(reader, refListLengths.length);
  const weighted =
    slice_type === 'B' ? pps.weightedBipredIdc === 1 : !intra && pps.weightedPrediction;
  if (weighted) {
    const chroma = sps.chromaFormatIdc !== 0 && !sps.separateColourPlane;
    skipPredWeightTable(reader, refListLengths, chroma);
  }
  const resetsReferences = nal_ref_idc !== 0 && readMarkingResets(reader, idr);
  if (reader.failure !== undefined) return { ok: false, reason: reader.failure };
  const header: SliceHeader = {
    idr,
    nalRefIdc: nal_ref_idc,
    firstMbInSlice: first_mb_in_slice,
    sliceType: slice_type,
    ppsId: pic_parameter_set_id,
    spsId: sps.id,
    colourPlaneId: colour_plane_id,
    frameNum: frame_num,
    structure: field_pic_flag ? (bottom_field_flag ? 'bottom-field' : 'top-field') : 'frame',
    idrPicId: idr_pic_id,
    picOrderCntLsb: order.picOrderCntLsb,
    deltaPicOrderCntBottom: order.deltaPicOrderCntBottom,
    deltaPicOrderCnt: order.deltaPicOrderCnt,
    redundantPicCnt: redundant_pic_cnt,
    resetsReferences,
  };
  return { ok: true, header };
}

const NO_DELTA: readonly [number, number] = [0, 0];

type OrderFields = Pick<
  SliceHeader,
  'picOrderCntLsb' | 'deltaPicOrderCntBottom' | 'deltaPicOrderCnt'
>;

function readPictureOrder(
  reader: BitReader,
  pps: PictureParameterSet,
  sps: SequenceParameterSet,
  field_pic_flag: boolean,
): OrderFields {
  const withBottom = pps.bottomFieldPicOrderInFramePresent && !field_pic_flag;
  if (sps.pictureOrder.type === 0) {
    return {
      picOrderCntLsb: reader.bits(sps.pictureOrder.lsbBits),
      deltaPicOrderCntBottom: withBottom ? reader.se('delta_pic_order_cnt_bottom') : 0,
      deltaPicOrderCnt: NO_DELTA,
    };
  }
  const given = sps.pictureOrder.type === 1 && !sps.pictureOrder.deltaAlwaysZero;
  const first = given ? reader.se('delta_pic_order_cnt') : 0;
  const second = given && withBottom ? reader.se('delta_pic_order_cnt') : 0;
  return { picOrderCntLsb: 0, deltaPicOrderCntBottom: 0, deltaPicOrderCnt: [first, second] };
}

/** The lengths of the reference lists that this slice type has: none, one or two of them. */
function readRefListLengths(
  reader: BitReader,
  pps: PictureParameterSet,
  slice_type: SliceType,
  field_pic_flag: boolean,
): number[] {
  if (slice_type === 'I' || slice_type === 'SI') return [];
  const num_ref_idx_active_override_flag = reader.flag();
  const lists = slice_type === 'B' ? 2 : 1;
  if (!num_ref_idx_active_override_flag) return pps.defaultRefListLengths.slice(0, lists);
  const longest = field_pic_flag ? 32 : 16;
  const lengths: number[] = [];
  for (let i = 0; i < lists; i++) lengths.push(reader.ue('num_ref_idx_active', longest - 1) + 1);
  return lengths;
}

/** An encoder has at most 32 fields to mark, a few operations each. */
const MAX_MARKING_OPERATIONS = 128;

/** dec_ref_pic_marking(): whether operation 5 is among them. */
function readMarkingResets(reader: BitReader, idr: boolean): boolean {
  if (idr) {
    reader.bits(2); // no_output_of_prior_pics_flag, long_term_reference_flag
    return false;
  }
  const adaptive_ref_pic_marking_mode_flag = reader.flag();
  if (!adaptive_ref_pic_marking_mode_flag) return false;
  let resets = false;
  for (let i = 0; i < MAX_MARKING_OPERATIONS; i++) {
    const operation = reader.ue('memory_management_control_operation', 6);
    if (operation === 0) return resets;
    if (operation === 5) resets = true;
    if (operation === 1 || operation === 3) reader.ue('difference_of_pic_nums_minus1');
    if (operation === 2) reader.ue('long_term_pic_num');
    if (operation === 3 || operation === 6) reader.ue('long_term_frame_idx', 15);
    if (operation === 4) reader.ue('max_long_term_frame_idx_plus1', 16);
  }
  reader.fail('memory_management_control_operation has no end');
  return false;
}
