/**
 * What all sessions of a daemon share, in figures: how much may wait for the disk, and how many may wait for it at once.
 */
import pLimit from 'p-limit';
import { MAX_PENDING_BYTES } from '../recording/overload.js';
import type { RecordingContext } from '../recording/session-info.js';

/** Sessions that wait for the disk at once: half of the threads that Node has for files. */
const PARALLEL_SYNCS = 2;

/** Bytes of all sessions together that may wait for the disk, one message of each beyond it. */
const MAX_TOTAL_PENDING_BYTES = 512 * 1024 * 1024;

/** `liveSessions` tells how many sessions the bytes are shared out among. */
export function recordingContext(
  parts: Omit<RecordingContext, 'maxPendingBytes' | 'inSyncTurn'>,
  liveSessions: () => number,
): RecordingContext {
  return {
    ...parts,
    maxPendingBytes: () => {
      const sessions = Math.max(1, liveSessions());
      return Math.min(MAX_PENDING_BYTES, MAX_TOTAL_PENDING_BYTES / sessions);
    },
    inSyncTurn: pLimit(PARALLEL_SYNCS),
  };
}
