/**
 * Finishes a session that nobody finished: after a crash, a power cut or a full disk. What the raw stream and the
 * index hold becomes an ordinary MP4, and the manifest says what was lost. docs/design/disk.md is the account of it.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../base/errors.js';
import { count } from '../base/format.js';
import { fileChecksum } from '../readback/file-checksum.js';
import { RawReader } from '../readback/raw-reader.js';
import type { MakeThumbnail } from '../recording/session-info.js';
import { withoutAdvice } from '../recording/session-manifest.js';
import type { Disk } from '../storage/disk.js';
import { type Manifest, writeManifest } from '../storage/manifest.js';
import { INDEX_FILE, partFile, RAW_FILE, THUMBNAIL_FILE } from '../storage/session-files.js';
import { estimateIndex, trimIndex } from './index-repair.js';
import { removeLeftovers } from './leftovers.js';
import { requireRaw } from './raw-presence.js';
import {
  hasDamageBeforeEnd,
  hasNoPictureRows,
  manifestOf,
  type Rebuilt,
  rebuildSession,
} from './rebuild-session.js';
import { unwritable } from './refusals.js';
import { salvageManifest } from './salvage-manifest.js';

/** A longer silence before the last write means that the files were touched later, by a copy for example. */
const MAX_LOST_MS = 60_000;

/** Bytes of MP4 that wait for the disk: cameras that record at the same time sync every other second. */
const SYNC_EVERY_BYTES = 32 * 1024 * 1024;

export interface RecoverOptions {
  readonly disk: Disk;
  /** Of the session, absolute. */
  readonly directory: string;
  /** The manifest as it is; undefined where none can be read. */
  readonly manifest: Manifest | undefined;
  /** Why the session has to be recovered, as a clause. */
  readonly why: string;
  /** Of this program, for the manifest. */
  readonly version: string;
  /** Wall clock, milliseconds since the epoch. */
  readonly nowMs: number;
  readonly makeThumbnail?: MakeThumbnail | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Recovers one session, which no living process may be writing. Resolves with its new manifest: `recovered`, or
 * `failed` where there is no picture in it. Throws MANIFEST_INVALID where there is neither a manifest nor a raw stream.
 * Rejects with what the disk throws and with the signal's reason; the session is then as unfinished as before.
 */
export async function recoverSession(options: RecoverOptions): Promise<Manifest> {
  const { disk, directory, nowMs } = options;
  // Of nothing a recovery would make a session that nobody recorded, in place of what is left of the manifest.
  if (options.manifest === undefined) await requireRaw(disk, directory, options);
  const notes = [options.why];
  // First: to make a raw stream where there is none is no sign of the recorder.
  const lastWriteMs = await lastWrite(directory);
  await ensureRaw(disk, directory, notes);
  const manifest =
    options.manifest ??
    (await salvageManifest(disk, directory, options.version, lastWriteMs ?? nowMs));
  const rebuilt = await rebuildWithRows(options, manifest, notes);
  try {
    return await conclude(options, manifest, rebuilt, lastWriteMs, notes);
  } finally {
    await rebuilt.parts.discard();
  }
}

async function conclude(
  options: RecoverOptions,
  manifest: Manifest,
  rebuilt: Rebuilt,
  lastWriteMs: number | undefined,
  notes: string[],
): Promise<Manifest> {
  const { disk, directory } = options;
  const { ledger, parts, pipeline } = rebuilt;
  if (ledger.problem !== undefined) {
    notes.push(ledger.problem.reason);
    await trimIndex(disk, directory, ledger.count, hasDamageBeforeEnd(rebuilt));
  }
  const index = await fileChecksum(disk, join(directory, INDEX_FILE), { durable: true });
  await durable(disk, join(directory, RAW_FILE));
  const judged = manifestOf(manifest, rebuilt, index);
  const playable = judged.state === 'complete';
  if (playable) {
    await parts.seal({ durable: true });
    await parts.place({ durable: true });
  }
  await removeLeftovers(disk, directory, {
    parts: playable ? parts.paths : [],
    keepFragments: judged.counts.frames === 0,
    notes,
  });
  const lost = losses(manifest, rebuilt, lastWriteMs);
  if (lost.lostBytes > 0) notes.push(`${lost.lostBytes} bytes of stream.h264 have no row`);
  if (pipeline.usedInheritedParameterSets) notes.push('parameter sets of an earlier session');
  const recovered: Manifest = {
    ...judged,
    ...(playable
      ? { state: 'recovered', reason: reasonOf(manifest), reasonText: reasonTextOf(manifest) }
      : { parts: [], video: null, reasonText: whyNoPictures(judged, lost.lostFrames) }),
    // Some of what could not be written may have got its row only now.
    counts: { ...judged.counts, dropped: Math.min(judged.counts.dropped, lost.lostFrames) },
    files: { ...judged.files, thumbnail: await thumbnail(options, rebuilt) },
    // The MP4 is that of this version, whoever recorded the rest.
    writer: { ...judged.writer, version: options.version },
    recovery: { recoveredAt: new Date(options.nowMs).toISOString(), ...lost, notes },
  };
  await writeManifest(disk, directory, recovered);
  return recovered;
}

/** Rebuilds; where no row of a picture can be trusted, from rows that are estimated. */
async function rebuildWithRows(
  options: RecoverOptions,
  manifest: Manifest,
  notes: string[],
): Promise<Rebuilt> {
  const { disk, directory, onProgress, signal } = options;
  const pathOf = (partNumber: number) => join(directory, partFile(partNumber));
  const syncEveryBytes = SYNC_EVERY_BYTES;
  const rebuild = () =>
    rebuildSession({ disk, directory, manifest, pathOf, syncEveryBytes, onProgress, signal });
  const rebuilt = await rebuild();
  if (!hasNoPictureRows(rebuilt)) return rebuilt;
  const { ledger } = rebuilt;
  await rebuilt.parts.discard();
  const startedAtMs = Date.parse(manifest.startedAt);
  const requestedFps = manifest.request?.fps ?? 0;
  if (ledger.problem !== undefined) {
    notes.push(ledger.problem.reason);
    await trimIndex(disk, directory, 0, hasDamageBeforeEnd(rebuilt));
  }
  const { rows, fps } = await estimateIndex(disk, directory, startedAtMs, requestedFps);
  notes.push(
    `frames.csv was made anew from the pictures of stream.h264: ${rows} rows with estimated times, ${fps} a second`,
  );
  return rebuild();
}

/** What did not make it, as far as it can be known. */
function losses(
  before: Manifest,
  { ledger, raw, pipeline }: Rebuilt,
  lastWriteMs: number | undefined,
): { lostFrames: number; lostMs: number; lostBytes: number } {
  const lastMs = ledger.last?.arrivalMs ?? Date.parse(before.startedAt);
  // What a recorder counted that ended by itself: a crash leaves no counts.
  const counted = before.state === 'failed' ? before.counts.frames + before.counts.dropped : 0;
  // A torn picture may have both a row and some bytes, and a dropped one all its bytes, so these are not added up.
  const lostFrames = Math.max(
    raw.surplusPictures,
    ledger.droppedPictures,
    counted - pipeline.tally.counts.frames,
  );
  const endedMs = before.endedAt === null ? lastWriteMs : Date.parse(before.endedAt);
  const silenceMs = Math.round((endedMs ?? lastMs) - lastMs);
  const droppedMs = (ledger.lastDropped?.arrivalMs ?? lastMs) - lastMs;
  const lostMs = Math.max(0, droppedMs, silenceMs <= MAX_LOST_MS ? silenceMs : 0);
  return { lostFrames, lostMs, lostBytes: raw.bytes - ledger.end };
}

/** Pictures that did not survive were sent all the same. */
function whyNoPictures({ reason, reasonText }: Manifest, lostFrames: number): string | null {
  if (reason !== 'no-pictures' || lostFrames === 0) return reasonText;
  return `all that was recorded is lost, ${count(lostFrames, 'picture')}`;
}

function reasonOf(manifest: Manifest): string {
  return manifest.reason ?? 'crashed';
}

function reasonTextOf(manifest: Manifest): string {
  const text = withoutAdvice(manifest.reasonText);
  return text ?? 'the recording process ended without finishing the session';
}

/** The name of the thumbnail, made if there is none; null where it cannot be made. */
async function thumbnail(
  { disk, directory, makeThumbnail }: RecoverOptions,
  { keyPicture }: Rebuilt,
): Promise<string | null> {
  const path = join(directory, THUMBNAIL_FILE);
  if (((await disk.fileSize(path)) ?? 0) > 0) return THUMBNAIL_FILE;
  if (keyPicture === undefined || makeThumbnail === undefined) return null;
  const made = await makeThumbnail(keyPicture, path).catch(() => false);
  return made ? THUMBNAIL_FILE : null;
}

/** The other steps need a raw stream, be it empty. */
async function ensureRaw(disk: Disk, directory: string, notes: string[]): Promise<void> {
  const path = join(directory, RAW_FILE);
  if ((await disk.fileSize(path)) !== undefined) return;
  notes.push('stream.h264 is missing');
  try {
    await (await disk.open(path, 'create')).close();
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw unwritable(directory, error);
  }
}

/** When the recorder last wrote anything, milliseconds since the epoch. */
async function lastWrite(directory: string): Promise<number | undefined> {
  const times = await Promise.all(
    [RAW_FILE, INDEX_FILE].map((name) =>
      stat(join(directory, name)).then(
        (stats) => stats.mtimeMs,
        () => 0,
      ),
    ),
  );
  const lastMs = Math.max(...times);
  return lastMs === 0 ? undefined : lastMs;
}

async function durable(disk: Disk, path: string): Promise<void> {
  const file = await RawReader.open(disk, path);
  await file.sync().finally(() => file.close());
}
