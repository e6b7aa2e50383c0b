/**
 * A moov with one AVC track, read back (ISO/IEC 14496-12, 8.2; ISO/IEC 14496-15, 5.4.2).
 */
import { msFromCreationTime } from './box-movie.js';
import { type ChildBox, childBoxes, childOf, FieldReader } from './field-reader.js';
import { found, type ReadResult, refused } from './read-result.js';
import { type ByteRange, type ReadSamples, readSamples } from './read-samples.js';

/** A movie of which everything is known. */
export interface ReadMovie {
  /** Wall clock at the beginning, milliseconds since 1970, whole seconds. */
  readonly creationTimeMs: number;
  /** Ticks per second. */
  readonly timescale: number;
  /** Ticks, as the track's header tells. */
  readonly duration: number;
  /** Luma samples, cropped, sample aspect ratio not applied. */
  readonly width: number;
  readonly height: number;
  /** AVCDecoderConfigurationRecord. A view. */
  readonly avcC: Uint8Array;
  readonly samples: ReadSamples;
}

/** The moov announces fragments. */
export function announcesFragments(moov: Uint8Array): boolean {
  return childOf(moov, 'mvex') !== undefined;
}

/** Reads the body of a moov. `mediaData`: where the file's mdat boxes have their contents. */
export function readMoov(moov: Uint8Array, mediaData: readonly ByteRange[]): ReadResult<ReadMovie> {
  const tracks = childBoxes(moov)?.filter((child) => child.type === 'trak');
  if (!tracks) return refused('moov does not consist of whole boxes');
  const video = tracks.map(trackParts).find((track) => track?.handler === 'vide');
  if (!video) return refused('there is no video track');
  const entry = readSampleEntry(childOf(video.stbl, 'stsd'));
  if (!entry.ok) return entry;
  const samples = readSamples(video.stbl, mediaData);
  if (!samples.ok) return samples;
  return found({ ...readMdhd(video.mdhd), ...entry.value, samples: samples.value });
}

interface TrackParts {
  readonly handler: string;
  readonly mdhd: Uint8Array;
  readonly stbl: Uint8Array;
}

function trackParts(trak: ChildBox): TrackParts | undefined {
  const mdia = childOf(trak.body, 'mdia');
  const mdhd = childOf(mdia, 'mdhd');
  const hdlr = childOf(mdia, 'hdlr');
  const stbl = childOf(childOf(mdia, 'minf'), 'stbl');
  if (!mdhd || !hdlr || !stbl) return undefined;
  return { handler: String.fromCharCode(...hdlr.subarray(8, 12)), mdhd, stbl };
}

function readMdhd(mdhd: Uint8Array): Pick<ReadMovie, 'creationTimeMs' | 'timescale' | 'duration'> {
  const fields = new FieldReader(mdhd);
  const large = fields.u8() === 1;
  const time = (): number => (large ? fields.u64() : fields.u32());
  fields.skip(3); // flags
  const creationTime = time();
  time(); // modification_time
  const timescale = fields.u32();
  return { creationTimeMs: msFromCreationTime(creationTime), timescale, duration: time() };
}

/** Where the boxes of an avc1 begin, behind its fields. */
const AVC1_FIELD_BYTES = 78;

function readSampleEntry(
  stsd: Uint8Array | undefined,
): ReadResult<Pick<ReadMovie, 'width' | 'height' | 'avcC'>> {
  if (!stsd) return refused('there is no stsd');
  const entries = childBoxes(stsd.subarray(8)); // version, flags, entry_count
  const entry = entries?.[0];
  if (entries?.length !== 1 || entry?.type !== 'avc1') {
    return refused('the track is not described by exactly one avc1');
  }
  const fields = new FieldReader(entry.body);
  fields.skip(24); // reserved, data_reference_index, pre_defined
  const width = fields.u16();
  const height = fields.u16();
  const avcC = childOf(entry.body.subarray(AVC1_FIELD_BYTES), 'avcC');
  if (!avcC) return refused('avc1 holds no avcC');
  return found({ width, height, avcC });
}
