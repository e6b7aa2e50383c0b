/** One file or directory may be named in several ways: what it is called itself, and where it stands. */
import { realpath } from 'node:fs/promises';

/** Where a path leads by whatever links; the path itself where that cannot be told. */
export function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
