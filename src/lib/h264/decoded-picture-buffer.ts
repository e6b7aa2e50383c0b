/** How far output order can stray from decoding order (ISO/IEC 14496-10, A.3.1 and E.2.1). */
import type { SequenceParameterSet } from './sps.js';

/** MaxDpbMbs of table A-1 by level_idc; level 1b is 9 here and has the value of level 1. */
const MAX_DPB_MACROBLOCKS: ReadonlyMap<number, number> = new Map([
  [9, 396],
  [10, 396],
  [11, 900],
  [12, 2376],
  [13, 2376],
  [20, 2376],
  [21, 4752],
  [22, 8100],
  [30, 8100],
  [31, 18_000],
  [32, 20_480],
  [40, 32_768],
  [41, 32_768],
  [42, 34_816],
  [50, 110_400],
  [51, 184_320],
  [52, 184_320],
  [60, 696_320],
  [61, 696_320],
  [62, 696_320],
]);
const MAX_DPB_FRAMES = 16;

/** Profiles in which constraint_set3_flag means that every picture is an IDR or intra picture (E.2.1). */
const PROFILES_WITH_INTRA_FLAG = new Set([44, 86, 100, 110, 122, 244]);
const BASELINE = 66;
const CONSTRAINT_SET3 = 0x10;

/**
 * The most pictures that may precede one in decoding order and follow it in output order; 0 where both orders are
 * the same. Never less than the stream can need, unless it contradicts its own parameter sets.
 */
export function maxReorderPictures(sps: SequenceParameterSet): number {
  if (sps.pictureOrder.type === 2) return 0;
  const restriction = sps.vui?.bitstreamRestriction;
  if (restriction !== undefined) return restriction.maxNumReorderFrames;
  // Baseline has no B slices. It could reorder all the same, and no encoder does.
  if (sps.profileIdc === BASELINE) return 0;
  const constraintSet3 = (sps.constraintFlags & CONSTRAINT_SET3) !== 0;
  if (constraintSet3 && PROFILES_WITH_INTRA_FLAG.has(sps.profileIdc)) return 0;
  return maxDpbFrames(sps);
}

/** MaxDpbFrames; where the level is unknown or too low for the size, the most that any level allows. */
function maxDpbFrames(sps: SequenceParameterSet): number {
  const plain = sps.profileIdc === 77 || sps.profileIdc === 88;
  const level1b = plain && sps.levelIdc === 11 && (sps.constraintFlags & CONSTRAINT_SET3) !== 0;
  const macroblocks = MAX_DPB_MACROBLOCKS.get(level1b ? 9 : sps.levelIdc) ?? 0;
  const frames = Math.floor(macroblocks / (sps.widthInMacroblocks * sps.heightInMacroblocks));
  if (frames === 0) return MAX_DPB_FRAMES;
  return Math.min(Math.max(frames, sps.maxNumRefFrames), MAX_DPB_FRAMES);
}
