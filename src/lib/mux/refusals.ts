/** Why a session has no MP4, although it was looked at from end to end: what of it is missing is told by its name. */
import { CamrecError, errorMessage } from '../base/errors.js';
import type { Manifest } from '../storage/manifest.js';
import { needsRoom } from '../storage/reserved-disk.js';
import { INDEX_FILE } from '../storage/session-files.js';
import { nothingToPlay } from './raw-presence.js';
import { fieldPictures } from './raw-to-mp4.js';
import { hasNoPictureRows, type Rebuilt } from './rebuild-session.js';

/** The refusal of a session that its manifest calls failed. */
export function whyFailed(manifest: Manifest): CamrecError {
  return manifest.reason === 'unsupported-stream' ? fieldPictures() : nothingToPlay(manifest);
}

/** The refusal to replace a good MP4: it was made of what had been recorded, and another would not be. */
export function wouldCostGoodMp4(damage: string): CamrecError {
  return new CamrecError('INPUT_INVALID', `${damage}; the MP4 that is there was left`, {
    hint: 'Make another one of what is there with --output.',
  });
}

/**
 * The refusal of a session of which rebuilding found no MP4. `judged`: what it makes of `manifest`; `damage`: what
 * `damageOf` says.
 */
export function whyNotRebuilt(
  manifest: Manifest,
  judged: Manifest,
  rebuilt: Rebuilt,
  damage: string | undefined,
): CamrecError {
  if (hasNoPictureRows(rebuilt)) {
    return new CamrecError('INDEX_INVALID', withoutPictureRows(damage), {
      hint: 'Make an MP4 of the raw stream alone with --output, or with --engine ffmpeg.',
    });
  }
  if (damage !== undefined && judged.reason === 'no-pictures') {
    return new CamrecError('INPUT_INVALID', `There is nothing to play: ${damage}`);
  }
  // What a recovery found out about it is known to the manifest alone.
  return whyFailed(manifest.reason === judged.reason ? manifest : judged);
}

/** What is wrong with an index of which `hasNoPictureRows` is true, as a sentence. */
export function withoutPictureRows(damage: string | undefined): string {
  return damage ?? `${INDEX_FILE} has no row of a picture`;
}

/** The error for `cause`, which kept a session's directory from being written to. */
export function unwritable(directory: string, cause: unknown): CamrecError {
  const message = `cannot write to ${directory}: ${errorMessage(cause)}`;
  if (needsRoom(cause)) {
    const hint = 'Make room, or write elsewhere with --output.';
    return new CamrecError('DISK_FULL', message, { hint, cause });
  }
  const hint = 'Check whose directory it is, or write elsewhere with --output.';
  return new CamrecError('DIRECTORY_UNUSABLE', message, { hint, cause });
}
