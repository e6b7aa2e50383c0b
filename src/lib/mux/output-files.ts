/**
 * MP4 files at a path of the person's choice: never over another file unasked, the moov in front on request.
 */
import { parse } from 'node:path';
import { CamrecError } from '../base/errors.js';
import type { Disk } from '../storage/disk.js';
import { NEW_SUFFIX } from '../storage/session-files.js';
import { moovInFront } from './moov-in-front.js';
import type { MuxContext, MuxSettings } from './mux-types.js';
import { removeIfThere } from './new-files.js';
import { withOutputLock } from './output-lock.js';
import { refusePlanned } from './output-meetings.js';
import type { PartFiles } from './part-files.js';

/** Where the parts of a movie go whose first part goes to `output`: `film.mp4`, `film-2.mp4`, …. */
export function partPath(output: string, partNumber: number): string {
  if (partNumber === 1) return output;
  const { dir, name, ext } = parse(output);
  return `${dir === '' ? '' : `${dir}/`}${name}-${partNumber}${ext}`;
}

/** Refuses to write over a file without `--force`. Throws OUTPUT_EXISTS. */
export async function refuseExisting(
  disk: Disk,
  path: string,
  { force }: Pick<MuxSettings, 'force'>,
): Promise<void> {
  if (force || (await disk.fileSize(path)) === undefined) return;
  throw new CamrecError('OUTPUT_EXISTS', `${path} is there already`, {
    hint: 'Replace it with --force, or write elsewhere with --output.',
  });
}

/**
 * Puts the parts in their places, with the moov in front if that is asked for. Nothing says of them that they are
 * durable, so like any copy they are left to the system to write; only what takes the place of a file is waited for.
 */
export async function placeOutput(context: MuxContext, parts: PartFiles): Promise<void> {
  const { disk, faststart, signal, planned } = context;
  let durable = false;
  for (const [index, path] of parts.paths.entries()) {
    if (index > 0) await refusePlanned(path, planned);
    // Somebody else may have put a file there meanwhile.
    await refuseExisting(disk, path, context);
    if ((await disk.fileSize(path)) !== undefined) durable = true;
  }
  await parts.seal({ durable });
  if (faststart) {
    for (const path of parts.newPaths) await faststartNew(disk, path, signal);
  }
  const place = () => parts.place({ durable });
  const [first, ...others] = parts.paths;
  // One rename is one step as it is.
  if (first === undefined || others.length === 0) await place();
  else await withOutputLock(first, place);
}

async function faststartNew(disk: Disk, path: string, signal?: AbortSignal): Promise<void> {
  const front = `${path}${NEW_SUFFIX}`;
  try {
    await moovInFront(disk, path, front, signal);
    await disk.rename(front, path);
  } finally {
    await removeIfThere(disk, front);
  }
}
