/**
 * The session that a person means: by its id, by the beginning of it, or by its directory.
 */
import { join, resolve, sep } from 'node:path';
import { CamrecError } from '../base/errors.js';
import type { SessionSummary } from '../base/session-summary.js';
import { shellWord } from '../base/shell-word.js';
import { listSessions, readCatalogueEntry } from './catalogue.js';
import type { Disk } from './disk.js';

/** Candidates that are named where several fit. */
const NAMED_CANDIDATES = 5;

/**
 * Finds one session of a recordings directory, or anywhere when its directory is given. Throws SESSION_NOT_FOUND,
 * MANIFEST_INVALID where its manifest cannot be read, USAGE where several fit, DIRECTORY_UNUSABLE.
 */
export async function findSession(
  disk: Disk,
  recordings: string,
  wanted: string,
): Promise<SessionSummary> {
  const isPath = wanted.includes('/') || wanted.includes(sep) || wanted.startsWith('.');
  const places = isPath ? [resolve(wanted)] : [join(resolve(recordings), wanted), resolve(wanted)];
  for (const place of places) {
    const entry = await readCatalogueEntry(disk, place);
    if (entry.kind === 'session') return entry.session;
    if (entry.kind === 'other' && entry.other.kind === 'damaged') {
      throw new CamrecError('MANIFEST_INVALID', entry.other.detail, {
        hint: `Rebuild it with: camrec mux ${shellWord(place)}`,
      });
    }
  }
  if (isPath) {
    throw new CamrecError('SESSION_NOT_FOUND', `There is no session in ${resolve(wanted)}.`, {
      hint: 'camrec sessions list shows what there is.',
    });
  }
  return await findByPrefix(disk, recordings, wanted);
}

async function findByPrefix(
  disk: Disk,
  recordings: string,
  wanted: string,
): Promise<SessionSummary> {
  const { sessions } = await listSessions(disk, recordings);
  const candidates = sessions.filter(({ id }) => id.startsWith(wanted));
  const [session] = candidates;
  if (session === undefined || wanted === '') {
    throw new CamrecError(
      'SESSION_NOT_FOUND',
      `No session in ${recordings} is called "${wanted}".`,
      {
        hint: 'camrec sessions list shows what there is; --dir names another directory.',
      },
    );
  }
  if (candidates.length > 1) {
    const named = candidates.slice(0, NAMED_CANDIDATES).map(({ id }) => id);
    const rest = candidates.length - named.length;
    throw new CamrecError('USAGE', `"${wanted}" fits ${candidates.length} sessions.`, {
      hint: `Say which: ${named.join(', ')}${rest > 0 ? `, and ${rest} more` : ''}.`,
    });
  }
  return session;
}
