/**
 * The sessions of a recordings directory, from their manifests alone: with or without a daemon.
 */
import { join, resolve, sep } from 'node:path';
import { matchDevices } from '../base/device-selector.js';
import { errorMessage, systemErrorCode } from '../base/errors.js';
import type {
  OtherDirectory,
  SessionFilter,
  SessionListing,
  SessionSummary,
} from '../base/session-summary.js';
import { shellWord } from '../base/shell-word.js';
import { unreadableDirectory } from './directory-errors.js';
import type { Disk } from './disk.js';
import { type Manifest, readManifest } from './manifest.js';
import { RAW_FILE } from './session-files.js';

/** Manifests read at once. */
const PARALLEL_READS = 32;

/** Shows the manifest of the session in `dir`, an absolute path. */
export function summarize(dir: string, manifest: Manifest): SessionSummary {
  // Plain file names below an absolute path: a thousand sessions need not have theirs normalized.
  const at = (name: string) => `${dir}${sep}${name}`;
  const { device, counts, files, video } = manifest;
  return {
    id: manifest.id,
    dir,
    device: device.name,
    deviceId: device.id,
    label: manifest.label,
    captureId: manifest.captureId,
    state: manifest.state,
    reason: manifest.reason,
    reasonText: manifest.reasonText,
    startedAt: manifest.startedAt,
    durationMs: manifest.durationMs,
    frames: counts.frames,
    lost: counts.lost,
    rejected: counts.rejected,
    bytes: counts.bytes,
    fps: manifest.frameRate.device,
    width: video?.width ?? null,
    height: video?.height ?? null,
    codec: video?.codec ?? null,
    files: {
      mp4: manifest.parts.map((part) => at(part.file)),
      raw: at(files.raw),
      index: at(files.index),
      thumbnail: files.thumbnail === null ? null : at(files.thumbnail),
    },
    stopToPlayableMs: manifest.timings.stopToPlayableMs,
  };
}

/** What one directory below the recordings directory is. */
export type CatalogueEntry =
  | { readonly kind: 'session'; readonly session: SessionSummary }
  | { readonly kind: 'other'; readonly other: OtherDirectory }
  /** Not a directory. */
  | { readonly kind: 'nothing' };

/** As `readCatalogueEntry`; or one that knows without reading. */
export type ReadEntry = (disk: Disk, dir: string) => Promise<CatalogueEntry>;

/** The sessions of a recordings directory, newest first. Throws DIRECTORY_UNUSABLE when there is no such directory. */
export async function listSessions(
  disk: Disk,
  recordings: string,
  filter: SessionFilter = {},
  read: ReadEntry = readCatalogueEntry,
): Promise<SessionListing> {
  const directory = resolve(recordings);
  const names = await directoryNames(disk, directory);
  const sessions: SessionSummary[] = [];
  const others: OtherDirectory[] = [];
  for (let start = 0; start < names.length; start += PARALLEL_READS) {
    const batch = names.slice(start, start + PARALLEL_READS);
    for (const entry of await Promise.all(
      batch.map((name) => read(disk, `${directory}${sep}${name}`)),
    )) {
      if (entry.kind === 'session') sessions.push(entry.session);
      else if (entry.kind === 'other') others.push(entry.other);
    }
  }
  const wanted = ofDevice(sessions, filter.device)
    .filter((session) => fits(session, filter))
    .sort(newestFirst);
  return {
    sessions: wanted.slice(0, filter.limit),
    others: others.sort((a, b) => (a.dir < b.dir ? -1 : 1)),
  };
}

async function directoryNames(disk: Disk, directory: string): Promise<string[]> {
  try {
    return (await disk.list(directory)).filter((name) => !name.startsWith('.'));
  } catch (error) {
    throw unreadableDirectory(directory, error);
  }
}

/** Reads one directory, whatever it is. Never throws. */
export async function readCatalogueEntry(disk: Disk, dir: string): Promise<CatalogueEntry> {
  try {
    return { kind: 'session', session: summarize(dir, await readManifest(disk, dir)) };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOTDIR') return { kind: 'nothing' };
    if (code !== 'ENOENT') {
      return { kind: 'other', other: { dir, kind: 'damaged', detail: errorMessage(error) } };
    }
  }
  const raw = await disk.fileSize(join(dir, RAW_FILE)).catch(() => undefined);
  const detail =
    raw === undefined
      ? 'no recording in it'
      : `a raw stream of ${raw} bytes without session.json; camrec mux ${shellWord(dir)} makes the MP4`;
  return { kind: 'other', other: { dir, kind: 'foreign', detail } };
}

/** The session in a directory, an absolute path; nothing where there is none, or a damaged one. */
export async function readSession(disk: Disk, dir: string): Promise<SessionSummary | undefined> {
  const entry = await readCatalogueEntry(disk, dir);
  return entry.kind === 'session' ? entry.session : undefined;
}

/** The sessions of the device that is meant: of all that have recorded here, whenever that was. */
function ofDevice(
  sessions: readonly SessionSummary[],
  device: string | undefined,
): readonly SessionSummary[] {
  if (device === undefined) return sessions;
  const named = sessions.map((session) => ({
    session,
    id: session.deviceId,
    name: session.device,
  }));
  return matchDevices(device, named).map(({ session }) => session);
}

/** Whether a session is wanted. Device and limit do not concern it: they are about all of them. */
function fits(session: SessionSummary, { label, sinceMs }: SessionFilter): boolean {
  // A letter with a mark is one character from some keyboards, and two from others.
  if (label !== undefined && session.label?.normalize() !== label.normalize()) return false;
  return sinceMs === undefined || Date.parse(session.startedAt) >= sinceMs;
}

/** Newest first; of the same moment by id. */
export function newestFirst(a: SessionSummary, b: SessionSummary): number {
  if (a.startedAt !== b.startedAt) return a.startedAt < b.startedAt ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}
