/** Whether the raw stream and the index of a session are still those that were recorded. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileChecksum, fileChecksum } from '../readback/file-checksum.js';
import type { Disk } from '../storage/disk.js';
import { hexCrc, type Manifest } from '../storage/manifest.js';
import { INDEX_FILE, RAW_FILE } from '../storage/session-files.js';
import type { Rebuilt } from './rebuild-session.js';

/** What differs from what was recorded, as a sentence; `index` is what its file has now. */
export function damageOf(
  { checksums }: Manifest,
  { ledger, raw }: Pick<Rebuilt, 'ledger' | 'raw'>,
  index: FileChecksum,
): string | undefined {
  if (ledger.problem !== undefined) {
    return `${INDEX_FILE} cannot be followed: ${ledger.problem.reason}`;
  }
  if (checksums === null) return undefined;
  const rawCrc = raw.crc32 === undefined ? checksums.raw.crc32 : hexCrc(raw.crc32);
  if (differs(checksums.raw, raw.bytes, rawCrc)) return changed(RAW_FILE);
  // Rows can be gone from its end, and numbers be others, without a trace in the rows that are left.
  if (differs(checksums.index, index.bytes, hexCrc(index.crc32))) return changed(INDEX_FILE);
  return undefined;
}

/** What differs in the raw stream alone, as a sentence. It is read from end to end, unless its times show that it is as it was. */
export async function rawDamage(
  disk: Disk,
  directory: string,
  manifest: Manifest,
): Promise<string | undefined> {
  const { checksums } = manifest;
  const path = join(directory, RAW_FILE);
  if (checksums === null || (await isUntouched(path, manifest))) return undefined;
  const { bytes, crc32 } = await fileChecksum(disk, path);
  return differs(checksums.raw, bytes, hexCrc(crc32)) ? changed(RAW_FILE) : undefined;
}

function differs(told: { bytes: number; crc32: string }, bytes: number, crc32: string): boolean {
  return told.bytes !== bytes || told.crc32 !== crc32;
}

function changed(file: string): string {
  return `${file} is not as it was recorded: its size or its checksum differs`;
}

/** File systems tell the time by a clock that ticks: a file may have been written as much later than they say. */
const FILE_CLOCK_TICK_MS = 10;

/** Whether the raw stream has its size, and nobody has written it since its session ended: then it need not be summed up. */
export async function isUntouched(
  path: string,
  { checksums, endedAt }: Manifest,
): Promise<boolean> {
  if (checksums === null || endedAt === null) return false;
  const { size, mtimeMs } = await stat(path);
  return size === checksums.raw.bytes && mtimeMs + FILE_CLOCK_TICK_MS < Date.parse(endedAt);
}
