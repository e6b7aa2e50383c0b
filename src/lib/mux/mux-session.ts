/**
 * A session directory: recovered where it is unfinished, made again where its MP4 is missing, left alone where it is good.
 */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CamrecError } from '../base/errors.js';
import { fileChecksum } from '../readback/file-checksum.js';
import { withoutAdvice } from '../recording/session-manifest.js';
import { type DirectoryLock, lockDirectory } from '../storage/directory-lock.js';
import { type Manifest, writeManifest } from '../storage/manifest.js';
import { INDEX_FILE, partFile, RAW_FILE } from '../storage/session-files.js';
import { ffmpegInput } from './ffmpeg-engine.js';
import { hasGoodParts } from './good-mp4.js';
import { removeLeftovers } from './leftovers.js';
import { muxForeignDirectory, muxRawFile, placeFfmpegCopy } from './mux-raw.js';
import type { MuxContext, MuxOutcome } from './mux-types.js';
import { checkReplaced } from './output-check.js';
import { partPath, placeOutput } from './output-files.js';
import { checkPlace } from './output-place.js';
import { removeAbandonedParts } from './parts-there.js';
import { requireRaw } from './raw-presence.js';
import { hasNoPictureRows, manifestOf, rebuildSession } from './rebuild-session.js';
import { damageOf, isUntouched, rawDamage } from './recorded-files.js';
import { recoverSession } from './recover-session.js';
import {
  unwritable,
  whyFailed,
  whyNotRebuilt,
  withoutPictureRows,
  wouldCostGoodMp4,
} from './refusals.js';
import { salvageManifest } from './salvage-manifest.js';
import { type SessionCondition, sessionCondition } from './session-condition.js';

const NOTHING_MADE = { mp4: [], frames: 0, durationMs: 0 } as const;

type OurCondition = Extract<SessionCondition, { kind: 'finished' | 'failed' | 'unfinished' }>;

/** Muxes what a directory holds. Throws CamrecError; whatever MP4 was there is there still then. */
export async function muxDirectory(directory: string, context: MuxContext): Promise<MuxOutcome> {
  const condition = await sessionCondition(context.disk, directory);
  if (condition.kind === 'busy' || context.output !== undefined) {
    return muxCondition(directory, condition, context);
  }
  const work = async () => {
    // Whoever held the directory before may have finished the session.
    const now = await sessionCondition(context.disk, directory);
    return muxCondition(directory, now, context);
  };
  return locked(directory, work, () => goodAsItIs(directory, condition, context));
}

/** Its MP4 is in the making. One at another place is not, and whoever asked for that would look for it in vain. */
function skipBusy(directory: string, why: string, { output }: MuxContext): MuxOutcome {
  if (output === undefined) return { ...NOTHING_MADE, skipped: why };
  throw new CamrecError('DIRECTORY_IN_USE', `${directory} is not finished: ${why}`, {
    hint: 'End the recording first: camrec capture stop',
  });
}

async function muxCondition(
  directory: string,
  condition: SessionCondition,
  context: MuxContext,
): Promise<MuxOutcome> {
  switch (condition.kind) {
    case 'nothing':
      throw new CamrecError('SESSION_NOT_FOUND', `There is no recording in ${directory}`);
    case 'busy':
      return skipBusy(directory, condition.why, context);
    case 'foreign':
      return muxForeignDirectory(directory, context);
    default:
      return context.output === undefined
        ? muxInPlace(directory, condition, context)
        : sessionToOutput(directory, condition, context);
  }
}

/** The outcome of a session that is left as it is; nothing where it is not. */
async function goodAsItIs(
  directory: string,
  condition: SessionCondition,
  { disk, force }: MuxContext,
): Promise<MuxOutcome | undefined> {
  // The MP4 of a failed one lacks pictures: of a stream with frames and field pictures, it has the frames.
  if (condition.kind !== 'finished') return undefined;
  const { manifest } = condition;
  if (force || !(await hasGoodParts(disk, directory, manifest))) return undefined;
  return { ...outcomeOf(directory, manifest), skipped: 'it has a good MP4' };
}

/**
 * Holds the directory, so that nobody else works on it at the same time; skips it when somebody does. `unlocked` tells
 * what there is to say where it takes no lock, if that is no error: an archive may be read-only.
 */
async function locked(
  directory: string,
  work: () => Promise<MuxOutcome>,
  unlocked: () => Promise<MuxOutcome | undefined>,
): Promise<MuxOutcome> {
  let lock: DirectoryLock;
  try {
    lock = await lockDirectory(directory);
  } catch (error) {
    if (!(error instanceof CamrecError)) throw error;
    if (error.code === 'DIRECTORY_IN_USE') {
      return { ...NOTHING_MADE, skipped: 'another camrec process is at work on it' };
    }
    const outcome = await unlocked();
    if (outcome !== undefined) return outcome;
    // What can be done about it is something else than for a directory that is to be recorded to.
    throw unwritable(directory, error.cause);
  }
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function muxInPlace(
  directory: string,
  condition: OurCondition,
  context: MuxContext,
): Promise<MuxOutcome> {
  const { disk, engine, force } = context;
  if (condition.kind === 'unfinished') {
    const { version, makeThumbnail, onProgress, signal } = context;
    const { manifest, why } = condition;
    const nowMs = context.now();
    const recovered = await recoverSession({
      ...{ disk, directory, manifest, why, version, nowMs },
      ...{ makeThumbnail, onProgress, signal },
    });
    const { recovery } = recovered;
    if (engine === 'ffmpeg') {
      return { ...(await ffmpegInPlace(directory, recovered, false, context)), recovery };
    }
    if (recovered.state === 'failed') throw whyFailed(recovered);
    return { ...outcomeOf(directory, recovered), recovery };
  }
  // What killed runs were making for it.
  await removeAbandonedParts(disk, join(directory, partFile(1)));
  const there = await goodAsItIs(directory, condition, context);
  if (there !== undefined) return there;
  const { manifest } = condition;
  // Without --force a good one was left as it is.
  const good = force && (await hasGoodParts(disk, directory, manifest));
  if (engine === 'ffmpeg') return ffmpegInPlace(directory, manifest, good, context);
  return remux(directory, manifest, good, context);
}

/** Makes the MP4 of a session that is finished once more. */
async function remux(
  directory: string,
  manifest: Manifest,
  good: boolean,
  context: MuxContext,
): Promise<MuxOutcome> {
  const { disk, onProgress, signal } = context;
  const pathOf = (partNumber: number) => join(directory, partFile(partNumber));
  await requireRaw(disk, directory, { manifest });
  const trustsRaw = await isUntouched(join(directory, RAW_FILE), manifest);
  const rebuilt = await rebuildSession({
    ...{ disk, directory, manifest, pathOf, trustsRaw, onProgress, signal },
  });
  try {
    const index = await fileChecksum(disk, join(directory, INDEX_FILE), { durable: true });
    const damage = damageOf(manifest, rebuilt, index);
    if (damage !== undefined && good) throw wouldCostGoodMp4(damage);
    const judged = manifestOf(manifest, rebuilt, index);
    if (judged.state === 'failed') throw whyNotRebuilt(manifest, judged, rebuilt, damage);
    const { state, reason, reasonText, endedAt, files, timings, checksums } = manifest;
    const writer = { ...manifest.writer, version: context.version };
    const kept = { endedAt, files, timings, checksums: checksums ?? judged.checksums, writer };
    const again: Manifest =
      state === 'failed'
        ? { ...judged, ...kept, ...playable(manifest) }
        : { ...judged, ...kept, state, reason, reasonText };
    // The manifest that is there says the same of a file with the same bytes: after a power cut that came before the
    // system has written them, their size gives them away, and they are made again.
    const durable = !isDeepStrictEqual(again, manifest);
    await rebuilt.parts.seal({ durable });
    await rebuilt.parts.place({ durable });
    await removeLeftovers(disk, directory, {
      parts: rebuilt.parts.paths,
      keepFragments: false,
      notes: [],
    });
    if (durable) await writeManifest(disk, directory, again);
    return { ...outcomeOf(directory, again), warnings: warningsOf(context, damage) };
  } finally {
    await rebuilt.parts.discard();
  }
}

function warningsOf({ fps, engine }: MuxContext, damage: string | undefined): string[] {
  const warnings = damage === undefined ? [] : [damage];
  if (fps !== undefined && engine === 'builtin') {
    warnings.push('--fps was not needed: frames.csv tells the time of every picture');
  }
  return warnings;
}

/** Makes an MP4 elsewhere; the session stays as it is. */
async function sessionToOutput(
  directory: string,
  condition: OurCondition,
  context: MuxContext,
): Promise<MuxOutcome> {
  const { disk, onProgress, signal, engine } = context;
  const output = context.output ?? '';
  await checkPlace(output);
  await removeAbandonedParts(disk, output);
  await checkReplaced(output, context);
  await requireRaw(disk, directory, condition);
  if (engine === 'ffmpeg') {
    const { input, warnings } = await inputOf(directory, context);
    const made = await placeFfmpegCopy(input, output, context);
    return { mp4: [output], ...made, warnings };
  }
  const manifest =
    condition.manifest ??
    (await salvageManifest(context.disk, directory, context.version, context.now()));
  const pathOf = (partNumber: number) => partPath(output, partNumber);
  const rebuilt = await rebuildSession({
    ...{ disk, directory, manifest, pathOf, onProgress, signal },
  });
  try {
    const index = await fileChecksum(disk, join(directory, INDEX_FILE));
    const damage = damageOf(manifest, rebuilt, index);
    if (hasNoPictureRows(rebuilt)) {
      return await rawToOutput(directory, manifest, withoutPictureRows(damage), context);
    }
    const judged = manifestOf(manifest, rebuilt, index);
    if (judged.state === 'failed') throw whyNotRebuilt(manifest, judged, rebuilt, damage);
    await placeOutput(context, rebuilt.parts);
    const { frames, durationMs } = rebuilt.movie;
    const warnings = warningsOf(context, damage);
    return { mp4: rebuilt.parts.paths, frames, durationMs, warnings };
  } finally {
    await rebuilt.parts.discard();
  }
}

/** Makes an MP4 elsewhere of the raw stream alone, as if it had no index. */
async function rawToOutput(
  directory: string,
  { request }: Manifest,
  why: string,
  context: MuxContext,
): Promise<MuxOutcome> {
  // 0 asked for as many as the phone can.
  const fps = context.fps ?? (request?.fps || undefined);
  const made = await muxRawFile(join(directory, RAW_FILE), { ...context, fps });
  const warning = `${why}: the pictures stand at a constant rate`;
  return { ...made, warnings: [warning, ...(made.warnings ?? [])] };
}

/** ffmpeg's copy becomes the one MP4 of the session, and the manifest says so. */
async function ffmpegInPlace(
  directory: string,
  manifest: Manifest,
  good: boolean,
  context: MuxContext,
): Promise<MuxOutcome> {
  const { disk } = context;
  await requireRaw(disk, directory, { manifest });
  const damage = good ? await rawDamage(disk, directory, manifest) : undefined;
  if (damage !== undefined) throw wouldCostGoodMp4(damage);
  const { input, warnings } = await inputOf(directory, context);
  const file = partFile(1);
  const mp4 = join(directory, file);
  const made = await placeFfmpegCopy(input, mp4, context);
  await removeLeftovers(disk, directory, { parts: [mp4], keepFragments: false, notes: [] });
  const bytes = (await disk.fileSize(mp4)) ?? 0;
  const [before] = manifest.parts;
  const video = before ?? manifest.video ?? { width: 0, height: 0, codec: '' };
  const { width, height, codec } = video;
  await writeManifest(disk, directory, {
    ...manifest,
    ...(manifest.state === 'failed' && playable(manifest)),
    durationMs: made.durationMs,
    parts: [{ file, startMs: 0, ...made, bytes, width, height, codec, engine: 'ffmpeg' }],
  });
  return { mp4: [mp4], ...made, warnings };
}

/** What a failed session becomes when it has an MP4 after all: why it had none is told without the advice, now followed. */
function playable({
  reason,
  reasonText,
}: Manifest): Pick<Manifest, 'state' | 'reason' | 'reasonText'> {
  return { state: 'recovered', reason, reasonText: withoutAdvice(reasonText) ?? null };
}

function inputOf(
  directory: string,
  { disk, fps, signal }: MuxContext,
): ReturnType<typeof ffmpegInput> {
  return ffmpegInput(join(directory, RAW_FILE), { disk, fps, session: directory, signal });
}

function outcomeOf(directory: string, { parts, durationMs }: Manifest): MuxOutcome {
  return {
    mp4: parts.map((part) => join(directory, part.file)),
    frames: parts.reduce((sum, part) => sum + part.frames, 0),
    durationMs,
  };
}
