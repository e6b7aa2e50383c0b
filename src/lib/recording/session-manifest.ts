/**
 * The manifest of a session at its beginning and at its end, from plain data.
 */
import { errorMessage, systemErrorCode } from '../base/errors.js';
import { thisProcess } from '../base/process-identity.js';
import type { MovieSummary } from '../mp4/movie-writer.js';
import { emptyCounts, MANIFEST_VERSION, type Manifest } from '../storage/manifest.js';
import { needsRoom } from '../storage/reserved-disk.js';
import { INDEX_FILE, partFile, RAW_FILE, THUMBNAIL_FILE } from '../storage/session-files.js';
import type { EndReason, SessionDevice, SessionOrder } from './session-info.js';

export interface SessionStart {
  readonly id: string;
  readonly device: SessionDevice;
  readonly order: SessionOrder;
  readonly version: string;
  readonly startedAtMs: number;
  readonly inheritedParameterSets: readonly Uint8Array[];
}

/** Why a session is no complete recording. The codes stand in the manifest; docs/files.md lists them. */
export type FailureReason =
  | 'disk-full'
  | 'disk-error'
  | 'file-limit'
  | 'no-pictures'
  | 'no-parameter-sets'
  | 'unsupported-stream';

/** What is known at the end. */
export interface SessionEnd {
  readonly outcome: SessionOutcome;
  /** All but those of the clock, which the movie knows. */
  readonly counts: Manifest['counts'];
  /** Packets with pictures per second. */
  readonly arrivalRate: number;
  readonly checksums: NonNullable<Manifest['checksums']>;
  readonly usesInheritedSets: boolean;
  readonly endedAtMs: number;
  /** Those of the manifest at the beginning unless given. */
  readonly interruptions?: Manifest['interruptions'] | undefined;
}

/** How finishing went; filled in step by step. */
export interface SessionOutcome {
  readonly reason: EndReason;
  /** The first thing that failed. */
  failure: unknown;
  movie: MovieSummary | undefined;
  stopToPlayableMs?: number;
  stopToDurableMs?: number;
  thumbnail?: boolean;
}

const REASON_TEXT: Record<EndReason, string> = {
  stopped: 'the camera said that its capture had stopped',
  'stop-unanswered': 'the camera was told to stop and did not say that it had',
  restarted: 'the camera began another capture',
  disconnected: 'the camera disconnected',
  silent: 'nothing came from the camera any more',
  shutdown: 'the daemon was stopped',
  'disk-full': 'the disk is full',
  'disk-error': 'the disk failed',
  'disk-low': 'the disk was nearly full',
  'file-limit': 'no file may be much larger there; the recording goes on in the next session',
  'too-many-parts': 'the camera changed its parameter sets too often',
};

/** What to do about errors of the system that do not tell it by themselves. */
const ADVICE: Partial<Record<string, string>> = {
  EFBIG: 'camrec mux --output, to another file system',
  EMFILE: 'more open files (ulimit -n)',
};

/** Why a session failed, less the advice that has been followed when it is no longer failed. */
export function withoutAdvice(reasonText: string | null): string | undefined {
  return reasonText?.split('; try: ')[0];
}

/** What an error of the disk, or what caused it, is for a session. */
export function diskFailure(error: unknown): 'disk-full' | 'file-limit' | 'disk-error' {
  if (needsRoom(error)) return 'disk-full';
  if (systemErrorCode(error) === 'EFBIG') return 'file-limit';
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? 'disk-error' : diskFailure(cause);
}

/** What an operator is told of a session that could not be opened: what the system says is hard to read. */
export function openingFailure(error: unknown): string {
  const { reason, text } = verdictOf(error);
  return reason === 'disk-full' ? `${REASON_TEXT[reason]}; make room there (${text})` : text;
}

/** The manifest while the session runs. */
export function startManifest(start: SessionStart): Manifest {
  const { device, order } = start;
  const { request } = order;
  return {
    schemaVersion: MANIFEST_VERSION,
    id: start.id,
    state: 'recording',
    reason: null,
    reasonText: null,
    device: {
      id: device.id,
      name: device.name,
      model: device.model,
      address: device.address,
    },
    label: order.label,
    captureId: order.captureId,
    request: request && {
      bitrate: request.bitrate,
      fps: request.fps,
      aspectRatio: request.aspectRatio ?? null,
    },
    startedAt: new Date(start.startedAtMs).toISOString(),
    endedAt: null,
    durationMs: 0,
    counts: emptyCounts(),
    interruptions: { count: 0, totalMs: 0 },
    frameRate: { device: 0, arrival: 0 },
    video: null,
    parts: [],
    files: { raw: RAW_FILE, index: INDEX_FILE, thumbnail: null },
    checksums: null,
    inheritedParameterSets: start.inheritedParameterSets.map((nalUnit) =>
      Buffer.from(nalUnit).toString('base64'),
    ),
    timings: { stopToPlayableMs: null, stopToDurableMs: null },
    writer: { version: start.version, ...thisProcess() },
    recovery: null,
  };
}

/** The manifest of a session that has ended. */
export function endManifest(start: Manifest, end: SessionEnd): Manifest {
  const { outcome, counts } = end;
  const { movie } = outcome;
  const verdict = judge(counts, outcome.failure);
  const [first] = movie?.parts ?? [];
  return {
    ...start,
    state: verdict === undefined ? 'complete' : 'failed',
    ...reasonOf(outcome.reason, verdict),
    endedAt: new Date(end.endedAtMs).toISOString(),
    durationMs: movie?.durationMs ?? 0,
    counts: { ...counts, clock: clockCounts(movie) },
    interruptions: end.interruptions ?? start.interruptions,
    frameRate: {
      device: movie === undefined ? 0 : deviceRate(movie),
      arrival: end.arrivalRate,
    },
    video: first === undefined ? null : pick(first),
    parts: (movie?.parts ?? []).map((part) => ({
      file: partFile(part.number),
      startMs: part.startMs,
      durationMs: part.durationMs,
      frames: part.frames,
      bytes: part.bytes,
      ...pick(part),
      engine: 'builtin',
    })),
    files: { ...start.files, thumbnail: outcome.thumbnail ? THUMBNAIL_FILE : null },
    checksums: outcome.failure === undefined ? end.checksums : null,
    inheritedParameterSets: end.usesInheritedSets ? start.inheritedParameterSets : [],
    timings: {
      // Without a part there is nothing to play.
      stopToPlayableMs: first === undefined ? null : rounded(outcome.stopToPlayableMs),
      stopToDurableMs: rounded(outcome.stopToDurableMs),
    },
  };
}

function reasonOf(
  reason: EndReason,
  verdict: Verdict | undefined,
): Pick<Manifest, 'reason' | 'reasonText'> {
  // That the disk was full says why there are no pictures.
  const isKnown = verdict?.reason === 'no-pictures' && reason === 'disk-full';
  if (verdict === undefined || isKnown) return { reason, reasonText: REASON_TEXT[reason] };
  return { reason: verdict.reason, reasonText: verdict.text };
}

interface Verdict {
  readonly reason: FailureReason;
  readonly text: string;
}

/** What is said of a session that an error has ended. */
export function verdictOf(failure: unknown): Verdict {
  const advice = ADVICE[systemErrorCode(failure) ?? ''];
  const text = errorMessage(failure);
  return {
    reason: diskFailure(failure),
    text: advice === undefined ? text : `${text}; try: ${advice}`,
  };
}

/** Why a session that has ended is no complete recording, or nothing when it is one. */
export function judge(counts: Manifest['counts'], failure: unknown): Verdict | undefined {
  if (failure !== undefined) return verdictOf(failure);
  if (counts.frames === 0) {
    return { reason: 'no-pictures', text: 'the camera sent no picture' };
  }
  if (counts.unsupported > 0) {
    return {
      reason: 'unsupported-stream',
      text: 'the stream has field pictures; try: camrec mux --engine ffmpeg',
    };
  }
  if (counts.undecodable === counts.frames) {
    return {
      reason: 'no-parameter-sets',
      text: 'the camera sent no usable parameter sets, without which no picture can be decoded',
    };
  }
  return undefined;
}

function clockCounts(movie: MovieSummary | undefined): Manifest['counts']['clock'] {
  const { repeated = 0, backward = 0, jumps = 0 } = movie?.counts ?? {};
  return { repeated, backward, jumps };
}

/** Pictures per second on the movie's timeline, to the thousandth. */
function deviceRate(movie: MovieSummary): number {
  return movie.durationMs === 0 ? 0 : Math.round((movie.frames / movie.durationMs) * 1e6) / 1e3;
}

function pick(part: { codec: string; width: number; height: number }) {
  return { codec: part.codec, width: part.width, height: part.height };
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 10) / 10;
}
