/** Whether pictures are missing between one picture and the next, by frame_num (ISO/IEC 14496-10, 7.4.3). */
import type { SliceHeader } from './slice-header.js';
import type { SequenceParameterSet } from './sps.js';

export class FrameNumGap {
  /** PrevRefFrameNum; nothing before the first picture. */
  #previous: number | undefined;

  /** Whether reference pictures are missing before this one. Call once for each picture, in decoding order. */
  isBefore(header: SliceHeader, sps: SequenceParameterSet): boolean {
    const { frameNum, idr } = header;
    const previous = this.#previous;
    const values = 1 << sps.frameNumBits;
    this.#previous = previousOfNext(header, values);
    if (previous === undefined || idr || sps.gapsInFrameNumAllowed) return false;
    return frameNum !== previous && frameNum !== (previous + 1) % values;
  }
}

/** A picture that is no reference has the number of the next one that is. */
function previousOfNext(header: SliceHeader, values: number): number {
  if (header.resetsReferences) return 0;
  if (header.nalRefIdc !== 0) return header.frameNum;
  return (header.frameNum + values - 1) % values;
}
