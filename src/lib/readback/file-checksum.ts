/** Size and CRC-32 of a whole file, as manifests tell them of the raw stream and of the index. */
import type { Disk } from '../storage/disk.js';
import { RawReader } from './raw-reader.js';

export interface FileChecksum {
  readonly bytes: number;
  readonly crc32: number;
}

/**
 * Sums up a file; one that is not there has no bytes. `durable`: it survives a power cut from then on. Rejects with what
 * the disk throws.
 */
export async function fileChecksum(
  disk: Disk,
  path: string,
  { durable = false } = {},
): Promise<FileChecksum> {
  const file = await RawReader.openIfThere(disk, path);
  try {
    if (durable) await file.sync();
    return { bytes: file.size, crc32: await file.checksum() };
  } finally {
    await file.close();
  }
}
