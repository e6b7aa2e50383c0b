/**
 * Directories that have to be there, private to the user where they are made.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from './errors.js';

/** The mode of a directory that only its user may enter. */
export const PRIVATE_DIRECTORY = 0o700;

/**
 * Creates a directory and its parents; fine when it is there. One at a time: with `recursive`, Node never returns where
 * a parent takes no children, as in /proc. Rejects with what the disk says, EEXIST where there is something else.
 */
export async function ensureDirectory(path: string): Promise<void> {
  const make = () => mkdir(path, { mode: PRIVATE_DIRECTORY });
  try {
    await make();
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path) throw error;
    await ensureDirectory(parent);
    await make().catch((again: unknown) => {
      // Somebody else was quicker.
      if (systemErrorCode(again) !== 'EEXIST') throw again;
    });
  }
}
