/**
 * Sessions without a raw stream, or with an empty one: nothing can be made of them, and why is told before anything is
 * written.
 */
import { join } from 'node:path';
import { CamrecError } from '../base/errors.js';
import type { Disk } from '../storage/disk.js';
import type { Manifest } from '../storage/manifest.js';
import { RAW_FILE } from '../storage/session-files.js';

const PUT_BACK = { hint: `Put ${RAW_FILE} back where there is a copy of it, then mux again.` };

export interface RawOwner {
  /** Undefined where none can be read. */
  readonly manifest: Manifest | undefined;
  /** What is wrong with the manifest, as a clause. */
  readonly why?: string;
}

/**
 * Refuses a session whose raw stream has no bytes. Throws STREAM_EMPTY where none were recorded, INPUT_INVALID where
 * they are gone, MANIFEST_INVALID where there is no manifest to tell.
 */
export async function requireRaw(
  disk: Disk,
  directory: string,
  { manifest, why }: RawOwner,
): Promise<void> {
  const bytes = await disk.fileSize(join(directory, RAW_FILE));
  if (bytes !== undefined && bytes > 0) return;
  const state = bytes === undefined ? 'missing' : 'empty';
  if (manifest === undefined) {
    const message = `There is nothing to recover: ${why}, and ${RAW_FILE} is ${state}`;
    throw new CamrecError('MANIFEST_INVALID', message, PUT_BACK);
  }
  if (manifest.counts.bytes === 0) throw nothingToPlay(manifest);
  const message = `${RAW_FILE} is ${state}, and ${manifest.counts.bytes} bytes were recorded`;
  throw new CamrecError('INPUT_INVALID', message, PUT_BACK);
}

/** The refusal of a session that has no picture. */
export function nothingToPlay({ reasonText }: Manifest): CamrecError {
  const reason = reasonText ?? 'no video was recorded';
  return new CamrecError('STREAM_EMPTY', `There is nothing to play: ${reason}`);
}
