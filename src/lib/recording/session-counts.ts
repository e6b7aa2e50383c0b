/**
 * The counts of a manifest, put together from those who count.
 */

import type { SequenceCounts } from '../base/sequence-tracker.js';
import type { SessionCounts } from '../storage/manifest.js';
import type { WrittenRows } from '../storage/session-writer.js';

export interface CountedSession {
  readonly tally: SessionCounts;
  readonly sequence: SequenceCounts;
  /** Binary messages that were no packets. */
  readonly rejected: number;
  /** Packets that came and could not be kept. */
  readonly dropped: number;
}

/** What has come, while everything that was taken in is written as well. */
export function sessionCounts({
  tally,
  sequence,
  rejected,
  dropped,
}: CountedSession): SessionCounts {
  const { lost, duplicates, late, restarts } = sequence;
  return { ...tally, lost, duplicates, late, sequenceRestarts: restarts, rejected, dropped };
}

/** What is on disk when not all of it is: the rest was dropped. */
export function writtenCounts(
  counts: SessionCounts,
  disk: { readonly written: WrittenRows; readonly rawWritten: number },
): SessionCounts {
  const { packets, config, key } = disk.written;
  const frames = Math.min(counts.frames, packets - config);
  return {
    ...counts,
    packets,
    config,
    frames,
    keyFrames: Math.min(counts.keyFrames, key),
    undecodable: Math.min(counts.undecodable, frames),
    unsupported: Math.min(counts.unsupported, frames),
    bytes: disk.rawWritten,
    dropped: counts.dropped + counts.packets - packets,
  };
}
