/**
 * Whether a manifest agrees with itself. What it says of the files is for the other checks.
 */
import { basename } from 'node:path';
import { realPath } from '../base/real-path.js';
import type { EndReason } from '../recording/session-info.js';
import type { FailureReason } from '../recording/session-manifest.js';
import type { Manifest } from '../storage/manifest.js';
import { type Check, failed, passed } from './verify-types.js';

type Ending = 'complete' | 'other' | 'either';

/** Whether a session that ends for this reason is complete; a recovered one may have any. docs/files.md lists them. */
const ENDING_BY_REASON: Readonly<Partial<Record<string, Ending>>> = {
  stopped: 'complete',
  'stop-unanswered': 'complete',
  restarted: 'complete',
  disconnected: 'complete',
  silent: 'complete',
  shutdown: 'complete',
  'disk-low': 'complete',
  'too-many-parts': 'complete',
  'disk-full': 'either',
  'file-limit': 'either',
  'disk-error': 'other',
  'no-pictures': 'other',
  'no-parameter-sets': 'other',
  'unsupported-stream': 'other',
  crashed: 'other',
} satisfies Record<EndReason | FailureReason | 'crashed', Ending>;

/** Holds state, reason, times and checksums against each other, and the id against the directory’s own name. */
export async function checkManifest(directory: string, manifest: Manifest): Promise<Check> {
  const { state, id, reasonText, recovery } = manifest;
  const name = basename(await realPath(directory));
  if (id !== name) return failed('manifest', `it is about ${id}, and the directory is ${name}`);
  if (state === 'recording') {
    return failed('manifest', 'the session is not finished; camrec mux finishes it');
  }
  const wrong = contradiction(manifest);
  if (wrong !== undefined) return failed('manifest', wrong);
  const lost =
    recovery === null
      ? ''
      : `; ${recovery.lostFrames} frames and ${recovery.lostMs} ms lost: ${recovery.notes.join(', ')}`;
  return passed('manifest', `${state}: ${reasonText ?? 'no reason given'}${lost}`);
}

/** What no session that has ended can say, as a clause. */
function contradiction(manifest: Manifest): string | undefined {
  const { state, reason, recovery, checksums, startedAt, endedAt } = manifest;
  const times = { startedAt, endedAt, 'recovery.recoveredAt': recovery?.recoveredAt ?? endedAt };
  for (const [name, time] of Object.entries(times)) {
    if (time === null) return `it is ${state}, and has no ${name}`;
    if (Number.isNaN(Date.parse(time))) return `${name} ${JSON.stringify(time)} is no time`;
  }
  if (reason === null) return `it is ${state}, and has no reason`;
  const contrary = state === 'complete' ? 'other' : 'complete';
  if (state !== 'recovered' && ENDING_BY_REASON[reason] === contrary)
    return `it is ${state}, and its reason ${reason}`;
  if (state === 'complete' && recovery !== null) return 'it is complete, and tells of a recovery';
  if (state !== 'failed' && checksums === null) return `it is ${state}, and has no checksums`;
  return undefined;
}
