/**
 * The end of a session: its MP4 becomes playable, then everything durable, and then its manifest says so.
 */
import { basename, join } from 'node:path';
import { errorMessage } from '../base/errors.js';
import { writeManifest } from '../storage/manifest.js';
import { INDEX_FILE, partFile, RAW_FILE } from '../storage/session-files.js';
import { assertNotDeleted } from './deleted-file.js';
import { removeIfNeverBegun } from './never-begun.js';
import type { EndReason, FinishedSession } from './session-info.js';
import { type SessionOutcome, verdictOf } from './session-manifest.js';
import type { OpenSession } from './session-opening.js';

/** Ends a session for which nothing more comes. `failure`: what has failed already, if anything has. Never rejects. */
export async function endSession(
  session: OpenSession,
  reason: EndReason,
  failure: unknown,
): Promise<FinishedSession> {
  const { pipeline, writer, parts, thumbnail } = session;
  const { clock, inSyncTurn } = session.context;
  const stoppedMs = clock.monotonic();
  const outcome: SessionOutcome = { reason, failure, movie: undefined };
  try {
    outcome.movie = await pipeline.finish();
    await writer.flush();
    outcome.stopToPlayableMs = clock.monotonic() - stoppedMs;
    // Sessions that wait for their turn at the disk would otherwise keep it busy with room for those that follow them.
    session.reserve.giveBack();
    await session.opened;
    await inSyncTurn(async () => {
      await writer.sync();
      await parts.sync();
      await checkFiles(session, outcome);
    });
    outcome.stopToDurableMs = clock.monotonic() - stoppedMs;
  } catch (error) {
    outcome.failure ??= error;
  }
  await Promise.allSettled([writer.close(), parts.close()]);
  outcome.thumbnail = await thumbnail.made();
  return conclude(session, outcome);
}

/** A session is not complete without a file that was deleted meanwhile; from the others it is recovered. */
async function checkFiles({ disk, directory, writer }: OpenSession, { movie }: SessionOutcome) {
  const parts = (movie?.parts ?? []).map(({ number }) => partFile(number));
  const raw = writer.rawWritten > 0 ? [RAW_FILE] : [];
  for (const name of [...raw, INDEX_FILE, ...parts]) {
    await assertNotDeleted(disk, join(await directory, name));
  }
}

/** Writes the last manifest, which says how the session went. */
async function conclude(session: OpenSession, outcome: SessionOutcome): Promise<FinishedSession> {
  const { disk, account, writer } = session;
  const { logger, inSyncTurn } = session.context;
  let directory = '';
  try {
    directory = await session.directory;
    await session.opened;
  } catch (error) {
    outcome.failure ??= error;
  }
  const id = basename(directory);
  const manifest = account.endManifest(id, outcome, writer);
  if (directory === '') return { directory, manifest };
  try {
    await inSyncTurn(() => writeManifest(disk, directory, manifest));
  } catch (error) {
    // The manifest on disk still says `recording`: the next start finds the session and recovers it.
    const fields = { event: 'manifest.failed', session: id, error: errorMessage(error) };
    logger.error(fields, `manifest of ${id} not written`);
    await removeIfNeverBegun(disk, directory).catch(() => {});
    // What failed first tells more than what failed with it.
    const { reason, text } = verdictOf(outcome.failure ?? error);
    return { directory, manifest: { ...manifest, state: 'failed', reason, reasonText: text } };
  }
  return { directory, manifest };
}
