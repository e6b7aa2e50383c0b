/**
 * Picture order count (ISO/IEC 14496-10, 8.2.1): which picture is shown before which. Holds what the count of the
 * next picture needs to know of the pictures before it; feed it every picture in decoding order.
 */
import type { OutputOrder } from './coded-picture.js';
import { FrameNumGap } from './frame-num-gap.js';
import type { SliceHeader } from './slice-header.js';
import type { PictureOrderParameters, SequenceParameterSet } from './sps.js';

type Type0 = Extract<PictureOrderParameters, { type: 0 }>;
type Type1 = Extract<PictureOrderParameters, { type: 1 }>;

/** TopFieldOrderCnt and BottomFieldOrderCnt; equal for a field. */
interface FieldCounts {
  top: number;
  bottom: number;
}

export class PictureOrderCounter {
  #epoch = 0;
  /** Of the previous reference picture: prevPicOrderCntMsb and prevPicOrderCntLsb. */
  #previousMsb = 0;
  #previousLsb = 0;
  /** Of the previous picture: prevFrameNum and prevFrameNumOffset. */
  #previousFrameNum = 0;
  #previousFrameNumOffset = 0;
  readonly #gap = new FrameNumGap();
  /** Whether pictures are missing before those of late, and none has come since that shows what the counts are worth. */
  #uncertain = false;
  /** The highest count of the epoch so far. */
  #highest = Number.NEGATIVE_INFINITY;

  /** The place of the next picture, by the header of any of its slices. */
  next(header: SliceHeader, sps: SequenceParameterSet): OutputOrder {
    if (this.#gap.isBefore(header, sps)) this.#uncertain = true;
    if (header.idr) {
      this.#beginEpoch();
      this.#previousMsb = 0;
      this.#previousLsb = 0;
    }
    const counts =
      sps.pictureOrder.type === 0
        ? this.#countsOfType0(header, sps.pictureOrder)
        : this.#countsByFrameNum(header, sps);
    const count = countOf(header, counts);
    if (!header.resetsReferences) {
      if (this.#showsLostBeginning(header, count)) this.#beginEpoch();
      this.#highest = Math.max(this.#highest, count);
      return { epoch: this.#epoch, count };
    }
    // Operation 5: this picture counts as the first of a new sequence, with frame_num 0 (8.2.1, 7.4.3).
    this.#beginEpoch();
    this.#highest = 0;
    this.#previousMsb = 0;
    this.#previousLsb = header.structure === 'bottom-field' ? 0 : counts.top - count;
    this.#previousFrameNum = 0;
    this.#previousFrameNumOffset = 0;
    return { epoch: this.#epoch, count: 0 };
  }

  #beginEpoch(): void {
    this.#epoch++;
    this.#highest = Number.NEGATIVE_INFINITY;
    this.#uncertain = false;
  }

  /**
   * Whether an IDR picture, or half a turn of the low bits, must be among the missing pictures: encoders send none but B
   * pictures behind one that is output later. Without this the pictures that follow would be shown in between the earlier.
   */
  #showsLostBeginning(header: SliceHeader, count: number): boolean {
    if (!this.#uncertain || header.sliceType === 'B') return false;
    this.#uncertain = false;
    return count < this.#highest;
  }

  /** 8.2.1.1: the low bits are sent, the high bits follow from the nearest previous reference picture. */
  #countsOfType0(header: SliceHeader, parameters: Type0): FieldCounts {
    const maxLsb = 1 << parameters.lsbBits;
    const lsb = header.picOrderCntLsb;
    let msb = this.#previousMsb;
    if (lsb < this.#previousLsb && this.#previousLsb - lsb >= maxLsb / 2) msb += maxLsb;
    else if (lsb > this.#previousLsb && lsb - this.#previousLsb > maxLsb / 2) msb -= maxLsb;
    if (header.nalRefIdc !== 0) {
      this.#previousMsb = msb;
      this.#previousLsb = lsb;
    }
    return { top: msb + lsb, bottom: msb + lsb + header.deltaPicOrderCntBottom };
  }

  /** 8.2.1.2 and 8.2.1.3. Frames missing by a gap in frame_num change nothing here but a wrap, which is seen anyway. */
  #countsByFrameNum(header: SliceHeader, sps: SequenceParameterSet): FieldCounts {
    let offset = this.#previousFrameNumOffset;
    if (header.idr) offset = 0;
    else if (this.#previousFrameNum > header.frameNum) offset += 1 << sps.frameNumBits;
    this.#previousFrameNum = header.frameNum;
    this.#previousFrameNumOffset = offset;
    const absoluteFrameNum = offset + header.frameNum;
    if (sps.pictureOrder.type === 1) {
      return countsOfType1(header, sps.pictureOrder, absoluteFrameNum);
    }
    const count = 2 * absoluteFrameNum - (header.nalRefIdc === 0 && !header.idr ? 1 : 0);
    return { top: count, bottom: count };
  }
}

/** 8.2.1.2: an expected count from a cycle of reference frames, plus what the slice header corrects. */
function countsOfType1(
  header: SliceHeader,
  parameters: Type1,
  absoluteFrameNum: number,
): FieldCounts {
  const offsets = parameters.offsetsForRefFrame;
  let frames = offsets.length === 0 ? 0 : absoluteFrameNum;
  if (header.nalRefIdc === 0 && frames > 0) frames--;
  let expected = 0;
  if (frames > 0) {
    const fullCycles = Math.floor((frames - 1) / offsets.length);
    const inCycle = (frames - 1) % offsets.length;
    expected = fullCycles * sum(offsets) + sum(offsets.slice(0, inCycle + 1));
  }
  if (header.nalRefIdc === 0) expected += parameters.offsetForNonRefPic;
  const [first, second] = header.deltaPicOrderCnt;
  const top = expected + first;
  if (header.structure === 'frame') {
    return { top, bottom: top + parameters.offsetForTopToBottomField + second };
  }
  return { top, bottom: expected + parameters.offsetForTopToBottomField + first };
}

function countOf(header: SliceHeader, counts: FieldCounts): number {
  switch (header.structure) {
    case 'frame':
      return Math.min(counts.top, counts.bottom);
    case 'top-field':
      return counts.top;
    case 'bottom-field':
      return counts.bottom;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
