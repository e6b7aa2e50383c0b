/**
 * Makes the MP4 of a session again from its raw stream and its index, beside what is there: nothing is replaced yet.
 */
import { join } from 'node:path';
import type { CodedPicture } from '../h264/coded-picture.js';
import { AnnexBStream } from '../h264/nal-unit-stream.js';
import { joinAnnexB } from '../h264/nal-units.js';
import { PictureAssembler } from '../h264/picture-assembler.js';
import { sampleSize } from '../mp4/hybrid-writer.js';
import type { MovieSummary } from '../mp4/movie-writer.js';
import { Breather } from '../readback/breather.js';
import { BytesInUse } from '../readback/bytes-in-use.js';
import type { FileChecksum } from '../readback/file-checksum.js';
import { RawReader } from '../readback/raw-reader.js';
import { ReadAhead } from '../readback/read-ahead.js';
import { replay } from '../readback/replay.js';
import type { RowLedger } from '../readback/row-ledger.js';
import { PacketPipeline } from '../recording/packet-pipeline.js';
import { sessionCounts } from '../recording/session-counts.js';
import { endManifest } from '../recording/session-manifest.js';
import type { Disk } from '../storage/disk.js';
import { hexCrc, type Manifest } from '../storage/manifest.js';
import { RAW_FILE } from '../storage/session-files.js';
import { PartFiles } from './part-files.js';

export interface RebuildOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** Says when the session began and what parameter sets it inherited. */
  readonly manifest: Manifest;
  /** Where a part belongs when it is whole; parts count from 1. */
  readonly pathOf: (partNumber: number) => string;
  /** Leaves out the checksum of the raw stream, for a session that has one and a stream that nobody has touched since. */
  readonly trustsRaw?: boolean | undefined;
  /** Bytes of MP4 that may wait for the disk itself; any number unless given. */
  readonly syncEveryBytes?: number | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Rebuilt {
  /** With the operating system, not sealed, and not in their places. */
  readonly parts: PartFiles;
  readonly pipeline: PacketPipeline;
  readonly movie: MovieSummary;
  readonly ledger: RowLedger;
  readonly raw: {
    /** Of the whole file. */
    readonly bytes: number;
    /** Nothing where the raw stream is trusted. */
    readonly crc32: number | undefined;
    /** Pictures, or pieces of them, in the bytes beyond the last trusted row. */
    readonly surplusPictures: number;
  };
  /** The first key picture as Annex B, parameter sets in front. */
  readonly keyPicture: Uint8Array | undefined;
}

/** Rebuilds. Rejects with what the disk throws and with the signal's reason; then nothing of it is left. */
export async function rebuildSession(options: RebuildOptions): Promise<Rebuilt> {
  const { disk, directory, manifest, pathOf, onProgress, signal } = options;
  const parts = new PartFiles(disk, pathOf, options.syncEveryBytes);
  const inUse = new BytesInUse();
  let keyPicture: Uint8Array | undefined;
  const path = join(directory, RAW_FILE);
  const packets = await ReadAhead.open(disk, path, (wanted) => inUse.reclaim(wanted, holders));
  const pipeline: PacketPipeline = new PacketPipeline({
    spentMemory: packets.memory,
    startedAtMs: Date.parse(manifest.startedAt),
    openPart: (partNumber) => parts.open(partNumber),
    inheritedParameterSets: manifest.inheritedParameterSets.map((text) =>
      Buffer.from(text, 'base64'),
    ),
    onPicture: ({ key, nalUnits }: CodedPicture<unknown>) => {
      if (key) keyPicture ??= joinAnnexB([...pipeline.parameterSets, ...nalUnits]);
      inUse.picture(sampleSize(nalUnits));
    },
  });
  const holders = { writer: pipeline, files: parts };
  try {
    const { ledger, movie, rawCrc } = await replay({
      ...{ disk, directory, raw: packets, pipeline, onProgress, signal },
      checksum: options.trustsRaw !== true,
      onPacket: (offset) => inUse.packet(offset),
      backpressure: () => parts.backpressure(),
    });
    await parts.flush();
    const crc = options.trustsRaw === true ? undefined : rawCrc;
    const surplus = await surplusOf(disk, path, ledger.end, crc, pipeline.parameterSets);
    return { parts, pipeline, movie, ledger, raw: { bytes: packets.size, ...surplus }, keyPicture };
  } catch (error) {
    await parts.discard();
    throw error;
  } finally {
    // A file that was only read loses nothing by this.
    await packets.close().catch(() => {});
  }
}

/** What the raw stream holds behind the trusted rows. */
async function surplusOf(
  disk: Disk,
  path: string,
  offset: number,
  crc: number | undefined,
  parameterSets: readonly Uint8Array[],
): Promise<{ crc32: number | undefined; surplusPictures: number }> {
  const raw = await RawReader.open(disk, path);
  try {
    return {
      crc32: crc === undefined ? undefined : await raw.checksum(offset, crc),
      surplusPictures: await picturesFrom(raw, offset, parameterSets),
    };
  } finally {
    await raw.close();
  }
}

/** How many pictures, whole or not, begin in the raw stream at `offset` or later. */
async function picturesFrom(
  raw: RawReader,
  offset: number,
  inheritedParameterSets: readonly Uint8Array[],
): Promise<number> {
  const assembler = new PictureAssembler<undefined>({ inheritedParameterSets });
  const stream = new AnnexBStream();
  const breather = new Breather();
  let pictures = 0;
  for await (const block of raw.blocks(offset)) {
    for (const { nalUnit } of stream.push(block)) {
      pictures += assembler.push([nalUnit], undefined).length;
    }
    if (breather.isDue) await breather.pause();
  }
  for (const { nalUnit } of stream.end()) {
    pictures += assembler.push([nalUnit], undefined).length;
  }
  return pictures + assembler.flush().length;
}

/**
 * Whether the index has nothing of the pictures that are in the raw stream, or nothing that can be trusted: to go by it
 * would lose all of them. One that came alone behind rows that are whole, or whose row is the first that is not, is the
 * torn end of a recording that had only begun.
 */
export function hasNoPictureRows({
  ledger,
  raw,
  pipeline,
}: Pick<Rebuilt, 'ledger' | 'raw' | 'pipeline'>): boolean {
  if (pipeline.tally.counts.frames > 0) return false;
  const mayBeTorn = ledger.count > 0 || ledger.problem?.inIndex === false;
  return raw.surplusPictures > (mayBeTorn ? 1 : 0);
}

/**
 * Whether the rows that are not trusted are more than the torn end which a crash leaves: the index is damaged before its
 * end, or the raw stream is, and goes on behind that.
 */
export function hasDamageBeforeEnd({ ledger, raw }: Pick<Rebuilt, 'ledger' | 'raw'>): boolean {
  if (ledger.problem === undefined) return false;
  return ledger.problem.inIndex ? !ledger.problem.torn : raw.surplusPictures > 1;
}

/** The manifest with what rebuilding has found out, and with a state as live recording would have judged it. */
export function manifestOf(
  manifest: Manifest,
  rebuilt: Pick<Rebuilt, 'pipeline' | 'movie' | 'ledger'> & {
    readonly raw: Pick<Rebuilt['raw'], 'bytes' | 'crc32'>;
  },
  index: FileChecksum,
): Manifest {
  const { pipeline, movie, raw } = rebuilt;
  const { rejected, dropped } = manifest.counts;
  return endManifest(manifest, {
    outcome: { reason: 'stopped', failure: undefined, movie },
    counts: sessionCounts({
      tally: pipeline.tally.counts,
      sequence: pipeline.sequence.counts,
      rejected,
      dropped,
    }),
    arrivalRate: pipeline.tally.arrivalRate,
    checksums: {
      raw:
        raw.crc32 === undefined && manifest.checksums !== null
          ? manifest.checksums.raw
          : { bytes: raw.bytes, crc32: hexCrc(raw.crc32 ?? 0) },
      index: { bytes: index.bytes, crc32: hexCrc(index.crc32) },
    },
    usesInheritedSets: pipeline.usedInheritedParameterSets,
    endedAtMs: rebuilt.ledger.last?.arrivalMs ?? Date.parse(manifest.startedAt),
  });
}
