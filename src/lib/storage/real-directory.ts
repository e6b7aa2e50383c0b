/** What a directory is called itself: its name tells whose recording it is, and where it stands who may be writing it. */
import { realpath } from 'node:fs/promises';

/** The directory that a path leads to by whatever links; the path itself where that cannot be told. */
export function realDirectory(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
