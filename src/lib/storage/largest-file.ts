/**
 * How large a file may become: by its file system, or by the process (`ulimit -f`).
 */
import { readFile, statfs } from 'node:fs/promises';

/** FAT, statfs(2). Its directory entries have 32 bits for a file's size. */
const MSDOS_SUPER_MAGIC = 0x4d44;
const FAT_LARGEST_FILE = 0xffff_ffff;

/** Bytes that a file in a directory may have; Infinity where no limit is known. Rejects with what the disk says. */
export async function largestFile(directory: string): Promise<number> {
  const { type } = await statfs(directory);
  const ofFileSystem = type === MSDOS_SUPER_MAGIC ? FAT_LARGEST_FILE : Number.POSITIVE_INFINITY;
  // proc(5); other systems have no such file.
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const ofProcess = /^Max file size +(\d+)/m.exec(limits)?.[1];
  return Math.min(ofFileSystem, Number(ofProcess ?? Number.POSITIVE_INFINITY));
}
