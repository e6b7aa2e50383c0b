/**
 * `session.json`: what a session is, why it ended and what it holds. The contract is docs/files.md.
 */
import { join } from 'node:path';
import * as v from 'valibot';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import { SESSION_STATES } from '../base/session-summary.js';
import { shellWord } from '../base/shell-word.js';
import type { Disk } from './disk.js';
import { replaceFile } from './replace-file.js';
import { MANIFEST_FILE } from './session-files.js';

export const MANIFEST_VERSION = 1;

/** Largest manifest that is read. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const optionalText = v.nullable(v.string());

const partSchema = v.object({
  /** File name inside the session directory. */
  file: v.string(),
  /** Where the part's first picture stands on the session's timeline, which begins at its first picture. */
  startMs: v.number(),
  durationMs: v.number(),
  frames: count,
  bytes: count,
  width: count,
  height: count,
  codec: v.string(),
  /** What made the file; ffmpeg's have a constant rate. */
  engine: v.optional(v.picklist(['builtin', 'ffmpeg']), 'builtin'),
});

const countsSchema = v.object({
  /** Rows of the index. */
  packets: count,
  /** Pictures in the raw stream. */
  frames: count,
  keyFrames: count,
  /** Packets without a picture. */
  config: count,
  /** Bytes of the raw stream. */
  bytes: count,
  /** Sequence numbers that are not in the recording, though a later one is: dropped ones count as well. */
  lost: count,
  /** Sequence numbers that came again. */
  duplicates: count,
  /** Packets that came after a later one. */
  late: count,
  /** Times that the sequence numbers began anew without a new capture. */
  sequenceRestarts: count,
  /** Binary messages that were no frame packets. */
  rejected: count,
  /** Packets that came and could not be kept, because the disk was too slow or failed. */
  dropped: count,
  /** Pictures that are in the raw stream and in no MP4: without usable parameter sets, damaged, or too large. */
  undecodable: count,
  /** Pictures of a kind that the MP4 writer does not do. */
  unsupported: count,
  clock: v.object({
    /** Pictures with the time of the one before. */
    repeated: count,
    /** Pictures with an earlier time than the one before. */
    backward: count,
    /** Jumps of the device's clock that were taken out of the timeline. */
    jumps: count,
  }),
});

const checksumSchema = v.object({
  /** Bytes that the sum covers. */
  bytes: count,
  /** CRC-32 (ISO 3309), eight hexadecimal digits. */
  crc32: v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/)),
});

/** A CRC-32 as manifests write it; `crc` may be signed. */
export function hexCrc(crc: number): string {
  return (crc >>> 0).toString(16).padStart(8, '0');
}

const manifestSchema = v.object({
  schemaVersion: v.literal(MANIFEST_VERSION),
  id: v.string(),
  state: v.picklist(SESSION_STATES),
  /** Why the session ended: a code, null while it runs. */
  reason: optionalText,
  /** The same as a sentence. */
  reasonText: optionalText,
  device: v.object({
    id: v.string(),
    name: v.string(),
    model: optionalText,
    address: v.string(),
  }),
  label: optionalText,
  captureId: optionalText,
  request: v.nullable(
    v.object({
      bitrate: v.number(),
      fps: v.number(),
      aspectRatio: v.nullable(v.object({ width: v.number(), height: v.number() })),
    }),
  ),
  /** ISO 8601, wall clock: when the camera said that its capture had started. Packets may have come before. */
  startedAt: v.string(),
  endedAt: optionalText,
  /** From the first picture to the end of the last. */
  durationMs: v.number(),
  counts: countsSchema,
  /** Times that the connection was lost and the camera came back in time, and how long it was away in all. */
  interruptions: v.optional(v.object({ count, totalMs: v.number() }), { count: 0, totalMs: 0 }),
  /** Pictures per second, by the device's clock and by arrival. */
  frameRate: v.object({ device: v.number(), arrival: v.number() }),
  video: v.nullable(v.object({ codec: v.string(), width: count, height: count })),
  parts: v.array(partSchema),
  files: v.object({ raw: v.string(), index: v.string(), thumbnail: optionalText }),
  /** Of the finished raw stream and index. */
  checksums: v.nullable(v.object({ raw: checksumSchema, index: checksumSchema })),
  /** Parameter sets of an earlier connection that the stream itself lacks, base64 of each NAL unit. */
  inheritedParameterSets: v.array(v.string()),
  /** Milliseconds from the stop to a playable MP4, and to one that survives a power cut. */
  timings: v.object({
    stopToPlayableMs: v.nullable(v.number()),
    stopToDurableMs: v.nullable(v.number()),
  }),
  /** The process that writes or wrote the session. */
  writer: v.object({
    version: v.string(),
    pid: count,
    host: v.string(),
    bootId: v.string(),
    processStart: v.string(),
    pidNamespace: v.optional(v.string()),
  }),
  /** What a recovery found and did. */
  recovery: v.nullable(
    v.object({
      recoveredAt: v.string(),
      lostFrames: count,
      lostMs: v.number(),
      lostBytes: count,
      notes: v.array(v.string()),
    }),
  ),
});

export type Manifest = v.InferOutput<typeof manifestSchema>;
export type ManifestPart = v.InferOutput<typeof partSchema>;
export type SessionCounts = v.InferOutput<typeof countsSchema>;

/** Counts of a session that has nothing yet. */
export function emptyCounts(): SessionCounts {
  return {
    packets: 0,
    frames: 0,
    keyFrames: 0,
    config: 0,
    bytes: 0,
    lost: 0,
    duplicates: 0,
    late: 0,
    sequenceRestarts: 0,
    rejected: 0,
    dropped: 0,
    undecodable: 0,
    unsupported: 0,
    clock: { repeated: 0, backward: 0, jumps: 0 },
  };
}

export type ParsedManifest =
  | { readonly ok: true; readonly manifest: Manifest }
  | {
      readonly ok: false;
      readonly reason: string;
      /** It is not damaged, but of a version that is not known here. */
      readonly isNewer?: boolean;
    };

/** Of any version. */
const versionedSchema = v.object({ schemaVersion: v.pipe(v.number(), v.integer()) });

/** Reads the text of a manifest. Never throws. */
export function parseManifest(text: string): ParsedManifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { ok: false, reason: `not JSON: ${errorMessage(error)}` };
  }
  const parsed = v.safeParse(manifestSchema, json);
  if (parsed.success) return { ok: true, manifest: parsed.output };
  const versioned = v.safeParse(versionedSchema, json);
  if (versioned.success && versioned.output.schemaVersion > MANIFEST_VERSION) {
    const { schemaVersion } = versioned.output;
    const reason = `schemaVersion is ${schemaVersion}, and ${MANIFEST_VERSION} is known here`;
    return { ok: false, reason, isNewer: true };
  }
  const [issue] = parsed.issues;
  return { ok: false, reason: `${v.getDotPath(issue) ?? 'manifest'}: ${issue.message}` };
}

/**
 * Reads the manifest of a session directory. Throws MANIFEST_INVALID, INPUT_INVALID where there is a directory of that
 * name or a manifest of a newer version, or what the disk throws (ENOENT where there is none).
 */
export async function readManifest(disk: Disk, directory: string): Promise<Manifest> {
  const path = join(directory, MANIFEST_FILE);
  const bytes = await disk.readFile(path).catch((error: unknown) => {
    throw systemErrorCode(error) === 'EISDIR' ? isDirectory(path, error) : error;
  });
  const parsed: ParsedManifest =
    bytes.length > MAX_MANIFEST_BYTES
      ? { ok: false, reason: `larger than ${MAX_MANIFEST_BYTES} bytes` }
      : parseManifest(bytes.toString('utf8'));
  if (parsed.ok) return parsed.manifest;
  if (parsed.isNewer) throw isNewer(path, parsed.reason);
  throw new CamrecError('MANIFEST_INVALID', `${path} is damaged: ${parsed.reason}`, {
    hint: `Rebuild it with: camrec mux ${shellWord(directory)}`,
  });
}

function isDirectory(path: string, cause: unknown): CamrecError {
  return new CamrecError('INPUT_INVALID', `${path} is a directory`, {
    hint: `Move it elsewhere: ${MANIFEST_FILE} is a file.`,
    cause,
  });
}

/** Not MANIFEST_INVALID: what that is said of is made anew, and what only the newer version knows would be lost. */
function isNewer(path: string, why: string): CamrecError {
  return new CamrecError('INPUT_INVALID', `${path} is of a newer camrec: ${why}`, {
    hint: 'Use the version of camrec that recorded it, or a later one.',
  });
}

/** Replaces the manifest of a session directory atomically and durably. */
export async function writeManifest(
  disk: Disk,
  directory: string,
  manifest: Manifest,
): Promise<void> {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await replaceFile(disk, join(directory, MANIFEST_FILE), Buffer.from(text));
}
