// What the measured daemon says of its recordings: every figure is worth something only if nothing was lost.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Throws unless all these `session.finished` log lines tell of whole sessions of so many pictures. */
export function expectWhole(finished, pictures) {
  for (const { session, state, frames, lost, reason } of finished) {
    if (state === 'complete' && frames === pictures && lost === 0) continue;
    throw new Error(
      `${session}: ${state} (${reason}), ${frames} of ${pictures} pictures, ${lost} lost`,
    );
  }
}

/** Packets that are missing in these sessions, whatever the reason. */
export function missingIn(finished, pictures) {
  return finished.reduce((missing, { frames }) => missing + Math.max(0, pictures - frames), 0);
}

export function readManifest(directory) {
  return JSON.parse(readFileSync(join(directory, 'session.json'), 'utf8'));
}
