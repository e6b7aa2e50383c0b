/**
 * Joins what the manifests on disk say with what the daemon knows of the sessions that run.
 */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CamrecError } from '../base/errors.js';
import { realPath } from '../base/real-path.js';
import type { SessionSummary } from '../base/session-summary.js';
import type { AdminClient } from './client.js';
import { type FoundDaemon, findDaemon, findDaemonIfAny, findDaemons } from './find-daemon.js';
import type { LiveSessionsResult } from './protocol.js';

/** The recordings directory where neither flag nor daemon says otherwise: that of `camrec serve`. */
const DEFAULT_DIRECTORY = 'recordings';

export interface RecordingsPlace {
  /** Absolute path of the recordings directory. */
  readonly dir: string;
  /**
   * Asks for the sessions that are being recorded or finished there; nothing where no daemon that serves it can be asked.
   * To be called after the manifests were read: a session that they tell of and that is over has its last manifest by the
   * answer.
   */
  readonly live: () => Promise<readonly SessionSummary[] | undefined>;
}

export interface FindRecordingsOptions {
  /** The directory that the person named. */
  readonly dir?: string | undefined;
  /** The daemon that the person named. */
  readonly port?: number | undefined;
  /** The sessions that the person named: ids, beginnings of ids, or directories. */
  readonly sessions?: readonly string[] | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/**
 * Where the sessions are: in `dir`, else where the daemon records, else in `recordings`. Throws NO_DAEMON where a
 * port was named and nobody serves it, SEVERAL_DAEMONS where neither was named and it matters: sessions that are all
 * named by their directories are where they are, whoever records beside them.
 */
export async function findRecordings(options: FindRecordingsOptions): Promise<RecordingsPlace> {
  const { dir, port, sessions = [], env } = options;
  const place = (directory: string) => ({ dir: directory, live: () => liveIn(directory, env) });
  if (dir !== undefined) return place(resolve(dir));
  let found: FoundDaemon | undefined;
  try {
    found = await (port === undefined ? findDaemonIfAny({ env }) : findDaemon({ port, env }));
  } catch (error) {
    const isUndecided = error instanceof CamrecError && error.code === 'SEVERAL_DAEMONS';
    const [first] = isUndecided && (await areDirectories(sessions)) ? sessions : [];
    if (first === undefined) throw error;
    return place(dirname(resolve(first)));
  }
  if (found === undefined) return { dir: resolve(DEFAULT_DIRECTORY), live: async () => undefined };
  found.client.close();
  return place(found.info.dir);
}

async function areDirectories(paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        (one) => one.isDirectory(),
        () => false,
      ),
    ),
  );
  return !found.includes(false);
}

/** Live sessions below `directory`. No trouble with a daemon keeps anybody from looking at files. */
async function liveIn(
  directory: string,
  env: NodeJS.ProcessEnv | undefined,
): Promise<readonly SessionSummary[] | undefined> {
  const daemons = await findDaemons({ env }).catch((error: unknown) => {
    if (error instanceof CamrecError) return [];
    throw error;
  });
  const place = await realPath(directory);
  const places = await Promise.all(daemons.map(({ info }) => realPath(info.dir)));
  const ours = daemons[places.indexOf(place)];
  const live = ours && (await askLive(ours.client).catch(() => undefined));
  for (const { client } of daemons) client.close();
  return live?.sessions;
}

async function askLive(client: AdminClient): Promise<LiveSessionsResult> {
  return await client.call('sessions.live', {});
}

/** Why a session was interrupted whose daemon has ended. */
const DAEMON_ENDED =
  'the daemon ended before it was finished; the next camrec serve, or camrec mux, finishes it';

/** And one that its daemon could not finish, as where its directory had vanished: only the end of that lets others. */
const DAEMON_GAVE_UP =
  'the daemon could not finish it, and still runs; the next camrec serve, or camrec mux after its end, finishes it';

/** What only the files of a session tell; by its directory, an absolute path. */
export interface SessionFiles {
  /** Reads the manifest; nothing where there is none any more, or a damaged one. */
  readonly read: (dir: string) => Promise<SessionSummary | undefined>;
  /** Whether a living process records it, as far as can be told without asking that. */
  readonly isRecorded: (dir: string) => Promise<boolean>;
}

/**
 * The sessions with their live figures. One that says `recording` and that no daemon records was interrupted: it
 * says so as its reason.
 */
export async function overlayLive(
  sessions: readonly SessionSummary[],
  { live }: RecordingsPlace,
  { read, isRecorded }: SessionFiles,
): Promise<SessionSummary[]> {
  if (!sessions.some(({ state }) => state === 'recording')) return [...sessions];
  const recorded = await live();
  return await Promise.all(
    sessions.map(async (session) => {
      if (session.state !== 'recording') return session;
      const now = recorded?.find(({ id }) => id === session.id);
      if (now !== undefined) return now;
      if (recorded?.some((one) => isOpening(one, session))) return session;
      // It may have been finished between the reading and the asking.
      const again = (await read(session.dir)) ?? session;
      if (again.state !== 'recording') return again;
      const recorderLives = await isRecorded(session.dir);
      // By the daemon of another user or in a container: it cannot be asked.
      if (recorded === undefined && recorderLives) return again;
      const reasonText = recorderLives ? DAEMON_GAVE_UP : DAEMON_ENDED;
      return { ...again, reason: 'interrupted', reasonText };
    }),
  );
}

/** A session has no id at the daemon until its first manifest is durable; others can read that before. */
function isOpening(live: SessionSummary, session: SessionSummary): boolean {
  return (
    live.id === '' && live.deviceId === session.deviceId && live.startedAt === session.startedAt
  );
}
