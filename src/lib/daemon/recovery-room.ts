/**
 * Whether a recovery leaves the recordings that run meanwhile the room that they are promised: it makes an MP4 as large as
 * the raw stream beside the old one, and is as fast as the disk.
 */
import { join } from 'node:path';
import { formatBytes } from '../base/format.js';
import type { Disk } from '../storage/disk.js';
import { INDEX_FILE, RAW_FILE } from '../storage/session-files.js';

export interface RecoveryRoomOptions {
  readonly disk: Disk;
  /** Of the session. */
  readonly directory: string;
  /** To be kept free, `--min-free`. */
  readonly minFreeBytes: number;
}

/** Why the session is better recovered later, as a clause, or nothing. Rejects with what the disk throws. */
export async function wantOfRoom(options: RecoveryRoomOptions): Promise<string | undefined> {
  const { disk, directory, minFreeBytes } = options;
  const bytes = await bytesOfRecovery(disk, directory);
  const freeBytes = await disk.freeBytes(directory);
  // File systems that do not know how much is free say 0; on one that is full, a recovery ends before it takes anything.
  if (freeBytes === 0 || freeBytes - bytes >= minFreeBytes) return undefined;
  const kept = minFreeBytes > 0 ? `, of which --min-free keeps ${formatBytes(minFreeBytes)}` : '';
  return `its MP4 takes ${formatBytes(bytes)}, and ${formatBytes(freeBytes)} of disk are free${kept}`;
}

/** No picture takes more in the tables of an MP4 than its row in the index. */
async function bytesOfRecovery(disk: Disk, directory: string): Promise<number> {
  const raw = await disk.fileSize(join(directory, RAW_FILE));
  const index = await disk.fileSize(join(directory, INDEX_FILE));
  return (raw ?? 0) + (index ?? 0);
}
