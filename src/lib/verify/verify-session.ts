/**
 * Proves the disk invariants of one session, check by check: docs/design/disk.md lists them. Everything is computed
 * anew from the raw stream and the index, and held against what is there.
 */
import { join } from 'node:path';
import { errorMessage, systemErrorCode } from '../base/errors.js';
import { inspectMp4 } from '../mux/good-mp4.js';
import { manifestOf } from '../mux/rebuild-session.js';
import { fileChecksum } from '../readback/file-checksum.js';
import { RawReader } from '../readback/raw-reader.js';
import { type Replayed, replay } from '../readback/replay.js';
import { PacketPipeline } from '../recording/packet-pipeline.js';
import type { Disk } from '../storage/disk.js';
import { type Manifest, readManifest } from '../storage/manifest.js';
import {
  INDEX_FILE,
  MANIFEST_FILE,
  partFile,
  partNumberOf,
  RAW_FILE,
  THUMBNAIL_FILE,
} from '../storage/session-files.js';
import { CompareSink } from './compare-sink.js';
import { type CheckedPart, SampleChecker } from './sample-checker.js';
import { checkCounts, checkFailed, checkSequence } from './verify-counts.js';
import { checkDecode } from './verify-decode.js';
import { checkManifest } from './verify-manifest.js';
import { type Check, failed, leftOut, passed, type VerifyResult } from './verify-types.js';

/** Bytes of pictures that may wait for their comparison. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024;

export interface VerifyOptions {
  readonly disk: Disk;
  /** Of this program: an MP4 of another version need not have the same bytes around its samples. */
  readonly version: string;
}

/** Verifies one session directory. Never rejects. */
export async function verifySession(
  directory: string,
  options: VerifyOptions,
): Promise<VerifyResult> {
  const checks: Check[] = [];
  try {
    const manifest = await readManifest(options.disk, directory);
    checks.push(await checkManifest(directory, manifest));
    checks.push(await checkFiles(options.disk, directory, manifest));
    await checkContents(directory, manifest, options, checks);
    if (manifest.parts.length > 0) {
      checks.push(await checkDecode(directory, manifest));
    }
  } catch (error) {
    checks.push(
      checks.length === 0 ? withoutManifest(error) : failed('files', errorMessage(error)),
    );
  }
  return { path: directory, ok: checks.every((check) => check.ok), checks };
}

function withoutManifest(error: unknown): Check {
  const isMissing = systemErrorCode(error) === 'ENOENT';
  const missing = `${MANIFEST_FILE} is missing; camrec mux makes it again from what is there`;
  return failed('manifest', isMissing ? missing : errorMessage(error));
}

/** The files that the manifest names, and no others of the kind. */
async function checkFiles(disk: Disk, directory: string, manifest: Manifest): Promise<Check> {
  const names = await disk.list(directory);
  const { raw, index, thumbnail } = manifest.files;
  if (raw !== RAW_FILE || index !== INDEX_FILE) {
    return failed(
      'files',
      `the manifest names ${raw} and ${index}, not ${RAW_FILE} and ${INDEX_FILE}`,
    );
  }
  const parts = manifest.parts.map((part) => part.file);
  const pictures = thumbnail === null ? parts : [...parts, thumbnail];
  // The raw stream is made with its first byte.
  const isEmpty = manifest.state === 'failed' && manifest.counts.bytes === 0;
  const wanted = isEmpty ? [INDEX_FILE, ...pictures] : [RAW_FILE, INDEX_FILE, ...pictures];
  const missing = wanted.filter((name) => !names.includes(name));
  if (missing.length > 0) return failed('files', `${missing.join(', ')} missing`);
  const strays = names.filter((name) => partNumberOf(name) !== undefined && !parts.includes(name));
  if (strays.length > 0 && manifest.state !== 'failed') {
    return failed('files', `${strays.join(', ')} belongs to no part`);
  }
  if (thumbnail !== null && !(await isJpeg(disk, join(directory, THUMBNAIL_FILE)))) {
    return failed('files', `${thumbnail} is no whole JPEG`);
  }
  return passed('files', wanted.join(', '));
}

async function isJpeg(disk: Disk, path: string): Promise<boolean> {
  const bytes = await disk.readFile(path);
  return bytes.length > 4 && bytes.readUInt16BE(0) === 0xffd8 && bytes.at(-1) === 0xd9;
}

async function checkContents(
  directory: string,
  manifest: Manifest,
  { disk, version }: VerifyOptions,
  checks: Check[],
): Promise<void> {
  const files: RawReader[] = [];
  const keep = (file: RawReader) => {
    files.push(file);
    return file;
  };
  try {
    const raw = keep(await RawReader.openIfThere(disk, join(directory, RAW_FILE)));
    const open = async (path: string) => keep(await RawReader.open(disk, path));
    const parts = await openParts(disk, directory, manifest, open);
    const sinks: CompareSink[] = [];
    const samples = new SampleChecker(parts.flatMap((part) => part.checked ?? []));
    const pipeline = new PacketPipeline({
      startedAtMs: Date.parse(manifest.startedAt),
      inheritedParameterSets: manifest.inheritedParameterSets.map((text) =>
        Buffer.from(text, 'base64'),
      ),
      openPart: (number) => {
        const sink = new CompareSink(parts[number - 1]?.bytes);
        sinks.push(sink);
        return sink;
      },
      onPicture: (picture) => samples.add(picture),
    });
    const backpressure = () => {
      let pending = samples.pendingBytes;
      for (const sink of sinks) pending += sink.pending;
      if (pending < MAX_PENDING_BYTES) return undefined;
      return Promise.all([samples.flush(), ...sinks.map((sink) => sink.flush())]).then(() => {});
    };
    const replayed = await replay({
      ...{ disk, directory, raw, pipeline, backpressure },
      checksum: true,
    });
    const rawCrc = await raw.checksum(replayed.ledger.end, replayed.rawCrc);
    const index = await fileChecksum(disk, join(directory, INDEX_FILE));
    const rebuilt = { pipeline, ...replayed, raw: { bytes: raw.size, crc32: rawCrc } };
    const found = manifestOf(manifest, rebuilt, index);
    checks.push(
      checkChecksum('raw-checksum', RAW_FILE, manifest.checksums?.raw, found.checksums?.raw),
      checkChecksum(
        'index-checksum',
        INDEX_FILE,
        manifest.checksums?.index,
        found.checksums?.index,
      ),
      checkRows(manifest, replayed, raw.size),
      checkSequence(manifest, found),
    );
    if (manifest.state === 'failed') checks.push(checkFailed(manifest, found));
    else {
      checks.push(checkCounts(manifest, found, version));
      checks.push(...(await checkMp4(manifest, parts, sinks, samples, version)));
    }
  } finally {
    // Files that were only read lose nothing where this fails.
    await Promise.allSettled(files.map((file) => file.close()));
  }
}

interface OpenedPart {
  readonly name: string;
  /** For the comparison with what would be written. */
  readonly bytes: RawReader | undefined;
  /** For the comparison sample by sample; the file is read a second time, where its tables point to. */
  readonly checked: CheckedPart | undefined;
  /** Why it cannot be read, as a clause. */
  readonly fault: string | undefined;
}

/** `open` keeps what it opens, and sees to it that it is closed. */
async function openParts(
  disk: Disk,
  directory: string,
  manifest: Manifest,
  open: (path: string) => Promise<RawReader>,
): Promise<OpenedPart[]> {
  const opened: OpenedPart[] = [];
  for (const [index, { file: name, engine }] of manifest.parts.entries()) {
    const path = join(directory, name);
    const mp4 = await inspectMp4(disk, path);
    const ours = engine === 'builtin' && name === partFile(index + 1);
    const bytes = ours && mp4 !== undefined ? await open(path) : undefined;
    if (mp4?.state !== 'finished') {
      const fault = mp4 === undefined ? 'is missing' : `is ${mp4.state}${reasonOf(mp4)}`;
      opened.push({ name, bytes, checked: undefined, fault });
      continue;
    }
    const file = await open(path);
    opened.push({ name, bytes, checked: { name, movie: mp4.movie, file }, fault: undefined });
  }
  return opened;
}

function reasonOf(mp4: { readonly state: string; readonly reason?: string }): string {
  return mp4.reason === undefined ? '' : `: ${mp4.reason}`;
}

async function checkMp4(
  manifest: Manifest,
  parts: readonly OpenedPart[],
  sinks: readonly CompareSink[],
  samples: SampleChecker,
  version: string,
): Promise<Check[]> {
  if (manifest.parts.some((part) => part.engine === 'ffmpeg')) {
    const why = 'made by ffmpeg at a constant rate';
    return [leftOut('mp4-bytes', why), checkCountsOnly(manifest, parts)];
  }
  const faults: string[] = [];
  for (const [index, sink] of sinks.entries()) {
    const verdict = await sink.verdict();
    if (verdict !== undefined) faults.push(`${partFile(index + 1)} ${verdict}`);
  }
  if (sinks.length < parts.length) faults.push(`there should be ${sinks.length} parts`);
  const bytes =
    faults.length > 0
      ? failed('mp4-bytes', faults.join('; '))
      : passed('mp4-bytes', 'exactly what the raw stream and the index give');
  const unreadable = parts.filter((part) => part.fault !== undefined);
  if (unreadable.length > 0) {
    const detail = unreadable.map(({ name, fault }) => `${name} ${fault}`).join('; ');
    return [bytes, failed('mp4-samples', detail)];
  }
  const { repeated, backward, jumps } = manifest.counts.clock;
  const verdict = await samples.verdict(repeated + backward + jumps);
  if (verdict !== undefined) return [bytes, failed('mp4-samples', verdict)];
  const detail = `${samples.checked} samples are their pictures, in bytes, key flag and time`;
  const theirs = manifest.writer.version;
  const about = `written by version ${theirs}: only its samples can be held against the stream`;
  return [
    bytes.ok || theirs === version ? bytes : leftOut('mp4-bytes', about),
    passed('mp4-samples', detail),
  ];
}

function checkCountsOnly(manifest: Manifest, parts: readonly OpenedPart[]): Check {
  const wrong = parts.filter(
    ({ checked }, index) => checked?.movie.samples.count !== manifest.parts[index]?.frames,
  );
  if (wrong.length > 0) {
    return failed('mp4-samples', `${wrong.map(({ name }) => name).join(', ')} not as counted`);
  }
  return passed('mp4-samples', 'as many samples as the manifest says');
}

function checkChecksum(
  name: 'raw-checksum' | 'index-checksum',
  file: string,
  told: { bytes: number; crc32: string } | undefined,
  found: { bytes: number; crc32: string } | undefined,
): Check {
  if (told === undefined) return leftOut(name, 'the manifest has no checksum');
  if (told.bytes !== found?.bytes) {
    return failed(name, `${file} has ${found?.bytes} bytes instead of ${told.bytes}`);
  }
  if (told.crc32 === found.crc32) return passed(name, `${told.bytes} bytes, CRC-32 ${told.crc32}`);
  return failed(name, `${file} has the CRC-32 ${found.crc32} instead of ${told.crc32}`);
}

function checkRows(manifest: Manifest, { ledger }: Replayed, rawSize: number): Check {
  const { problem, count, end } = ledger;
  if (problem !== undefined) return failed('rows', problem.reason);
  const surplus = rawSize - end;
  const known = manifest.recovery?.lostBytes ?? 0;
  if (surplus !== known) {
    return failed('rows', `${surplus} bytes of ${RAW_FILE} have no row, and ${known} should not`);
  }
  const beyond = surplus === 0 ? '' : `; ${surplus} bytes behind them, as the manifest says`;
  return passed('rows', `${count} rows cover ${end} bytes without a gap${beyond}`);
}
