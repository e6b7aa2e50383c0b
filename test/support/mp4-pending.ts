/**
 * Pending pictures from short notation, for tests of order and times.
 */
import type { PendingPicture } from '../../src/lib/mp4/pending-picture.js';

export interface PictureNotes {
  /** Picture order count within the epoch. */
  readonly count: number;
  readonly timeMs: number;
  readonly epoch?: number;
  readonly key?: boolean;
  readonly size?: number;
  readonly arrivalMs?: number;
}

export function pendingPicture(notes: PictureNotes): PendingPicture {
  const { count, timeMs, epoch = 0, key = false, size = 1000, arrivalMs } = notes;
  const times = { timeMs, arrivalMs, duration: 0, compositionOffset: 0 };
  return { nalUnits: [], size, key, order: { epoch, count }, ...times };
}
