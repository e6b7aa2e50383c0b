/**
 * Clears a session directory of what no longer belongs there: files that were being made when a crash came, and parts
 * of an MP4 that the session does not have any more.
 */
import { basename, join } from 'node:path';
import { boxType, FieldReader } from '../mp4/field-reader.js';
import type { Disk } from '../storage/disk.js';
import {
  INDEX_FILE,
  MANIFEST_FILE,
  NEW_SUFFIX,
  partNumberOf,
  THUMBNAIL_FILE,
  THUMBNAIL_PICTURE_SUFFIX,
} from '../storage/session-files.js';
import { DAMAGED_INDEX_FILE } from './index-repair.js';
import { removeAbandoned, removeIfThere } from './new-files.js';

const BEING_MADE = new Set([
  INDEX_FILE,
  DAMAGED_INDEX_FILE,
  MANIFEST_FILE,
  THUMBNAIL_FILE,
  `${THUMBNAIL_FILE}${THUMBNAIL_PICTURE_SUFFIX}`,
]);

export interface LeftoversOptions {
  /** Paths of the parts that the session has. */
  readonly parts: readonly string[];
  /** Leaves an MP4 that holds fragments: nothing else may hold its pictures. */
  readonly keepFragments: boolean;
  /** Told what was left. */
  readonly notes: string[];
}

/** Removes them. Other files are never touched. Rejects with what the disk throws. */
export async function removeLeftovers(
  disk: Disk,
  directory: string,
  options: LeftoversOptions,
): Promise<void> {
  await removeAbandoned(disk, directory, (name) => partNumberOf(name) !== undefined);
  const parts = new Set(options.parts.map((path) => basename(path)));
  for (const name of await disk.list(directory)) {
    const path = join(directory, name);
    if (name.endsWith(NEW_SUFFIX)) {
      const made = name.slice(0, -NEW_SUFFIX.length);
      if (BEING_MADE.has(made) || partNumberOf(made) !== undefined) await removeIfThere(disk, path);
    } else if (partNumberOf(name) !== undefined && !parts.has(name)) {
      if (options.keepFragments && (await holdsFragments(disk, path))) {
        options.notes.push(`${name} is left as it was: it may play up to where it ends`);
      } else await removeIfThere(disk, path);
    }
  }
}

/** Boxes at the top of the file that are looked at: the first fragment is the fourth or fifth. */
const MAX_BOXES = 8;

/** Whether an MP4 has any media data. */
async function holdsFragments(disk: Disk, path: string): Promise<boolean> {
  const file = await disk.open(path, 'read');
  try {
    const header = Buffer.alloc(16);
    let position = 0;
    for (let boxes = 0; boxes < MAX_BOXES; boxes += 1) {
      const read = await file.read(header, position);
      const fields = new FieldReader(header.subarray(0, read));
      const size = fields.u32();
      if (read < 8) return false;
      if (boxType(header) === 'moof' || boxType(header) === 'mdat') return true;
      if (size < 8) return false;
      position += size;
    }
    return false;
  } finally {
    await file.close();
  }
}
