/** Where one primary coded picture ends and the next begins (ISO/IEC 14496-10, 7.4.1.2.4). */
import type { SliceHeader } from './slice-header.js';

/** Whether `next` is the first slice of a new picture, `first` being the first slice of the picture before it. */
export function startsNewPicture(first: SliceHeader, next: SliceHeader): boolean {
  if (next.redundantPicCnt > 0) return false;
  return (
    next.frameNum !== first.frameNum ||
    next.ppsId !== first.ppsId ||
    next.spsId !== first.spsId ||
    next.structure !== first.structure ||
    (next.nalRefIdc === 0) !== (first.nalRefIdc === 0) ||
    next.picOrderCntLsb !== first.picOrderCntLsb ||
    next.deltaPicOrderCntBottom !== first.deltaPicOrderCntBottom ||
    next.deltaPicOrderCnt[0] !== first.deltaPicOrderCnt[0] ||
    next.deltaPicOrderCnt[1] !== first.deltaPicOrderCnt[1] ||
    next.idr !== first.idr ||
    next.idrPicId !== first.idrPicId ||
    // Not in the standard, where two pictures always differ: a picture that was sent twice stays two pictures.
    (first.redundantPicCnt === 0 &&
      next.firstMbInSlice === first.firstMbInSlice &&
      next.colourPlaneId === first.colourPlaneId)
  );
}
