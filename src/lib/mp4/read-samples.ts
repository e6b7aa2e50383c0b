/**
 * From the tables of a track back to its samples (ISO/IEC 14496-12, 8.6.1, 8.6.2, 8.7.3 to 8.7.5).
 */
import { childBoxes, FieldReader } from './field-reader.js';
import { found, type ReadResult, refused } from './read-result.js';

/** One sample of a finished file. */
export interface ReadSample {
  /** Bytes from the beginning of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Ticks. */
  readonly decodeTime: number;
  /** Ticks. */
  readonly duration: number;
  /** Ticks; presentation is at `decodeTime + compositionOffset`. */
  readonly compositionOffset: number;
  readonly key: boolean;
}

/** Samples in columns, in decoding order: a day of them fits into memory. */
export interface ReadSamples {
  readonly count: number;
  readonly offsets: Float64Array;
  readonly sizes: Uint32Array;
  readonly decodeTimes: Float64Array;
  readonly durations: Uint32Array;
  readonly compositionOffsets: Int32Array;
  /** 1: key sample. */
  readonly keys: Uint8Array;
}

/** Bytes `from` up to, not including, `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** More than a week at 30 pictures a second. */
const MAX_SAMPLES = 20_000_000;

/** The sample in row `index`, if there is one. */
export function sampleAt(samples: ReadSamples, index: number): ReadSample | undefined {
  const offset = samples.offsets[index];
  if (offset === undefined) return undefined;
  return {
    offset,
    size: samples.sizes[index] ?? 0,
    decodeTime: samples.decodeTimes[index] ?? 0,
    duration: samples.durations[index] ?? 0,
    compositionOffset: samples.compositionOffsets[index] ?? 0,
    key: samples.keys[index] === 1,
  };
}

/** Reads the body of an stbl. Every sample has to lie in one of `mediaData`. */
export function readSamples(
  stbl: Uint8Array,
  mediaData: readonly ByteRange[],
): ReadResult<ReadSamples> {
  const tables = childBoxes(stbl);
  if (!tables) return refused('stbl does not consist of whole boxes');
  const table = (type: string): Uint8Array | undefined =>
    tables.find((child) => child.type === type)?.body;

  const sizes = readSizes(table('stsz'));
  if (!sizes.ok) return sizes;
  const count = sizes.value.length;
  const samples = {
    count,
    sizes: sizes.value,
    offsets: new Float64Array(count),
    decodeTimes: new Float64Array(count),
    durations: new Uint32Array(count),
    compositionOffsets: new Int32Array(count),
    keys: new Uint8Array(count),
  };
  const fault =
    readDurations(table('stts'), samples) ??
    readCompositionOffsets(table('ctts'), samples) ??
    readKeys(table('stss'), samples) ??
    readOffsets(table('stsc'), table('stco'), table('co64'), samples) ??
    outsideMediaData(samples, mediaData);
  return fault === undefined ? found(samples) : refused(fault);
}

function readSizes(stsz: Uint8Array | undefined): ReadResult<Uint32Array> {
  if (!stsz) return refused('there is no stsz');
  const fields = new FieldReader(stsz);
  fields.skip(4); // version, flags
  const commonSize = fields.u32();
  const count = fields.u32();
  if (fields.overrun) return refused('stsz ends early');
  if (count > MAX_SAMPLES) return refused(`stsz tells of ${count} samples`);
  if (commonSize === 0 && fields.left < count * 4) return refused('stsz ends early');
  const sizes = new Uint32Array(count);
  for (let index = 0; index < count; index++) sizes[index] = commonSize || fields.u32();
  return found(sizes);
}

// The functions below fill a column, and return what is wrong with the table, if anything is.

function readDurations(stts: Uint8Array | undefined, samples: ReadSamples): string | undefined {
  if (!stts) return 'there is no stts';
  let time = 0;
  const fault = forEachRun('stts', stts, samples.count, (fields, from, to) => {
    const duration = fields.u32();
    for (let index = from; index < to; index++) {
      samples.durations[index] = duration;
      samples.decodeTimes[index] = time;
      time += duration;
    }
  });
  if (fault) return fault;
  return samples.durations.includes(0) ? 'a sample lasts no time' : undefined;
}

function readCompositionOffsets(
  ctts: Uint8Array | undefined,
  samples: ReadSamples,
): string | undefined {
  if (!ctts) return undefined;
  return forEachRun('ctts', ctts, samples.count, (fields, from, to) => {
    samples.compositionOffsets.fill(fields.i32(), from, to);
  });
}

/** Calls `each` for the samples of each run, with the fields behind the run's length. */
function forEachRun(
  name: string,
  body: Uint8Array,
  samples: number,
  each: (fields: FieldReader, from: number, to: number) => void,
): string | undefined {
  const fields = new FieldReader(body);
  fields.skip(4); // version, flags
  let sample = 0;
  for (let runs = fields.u32(); runs > 0; runs--) {
    const length = fields.u32();
    if (fields.overrun) return `${name} ends early`;
    if (length > samples - sample) return `${name} and stsz differ in the number of samples`;
    each(fields, sample, sample + length);
    sample += length;
  }
  if (fields.overrun) return `${name} ends early`;
  return sample === samples ? undefined : `${name} and stsz differ in the number of samples`;
}

function readKeys(stss: Uint8Array | undefined, samples: ReadSamples): string | undefined {
  if (!stss) {
    samples.keys.fill(1);
    return undefined;
  }
  const fields = new FieldReader(stss);
  fields.skip(4); // version, flags
  let previous = 0;
  for (let rows = fields.u32(); rows > 0; rows--) {
    const number = fields.u32();
    if (fields.overrun) return 'stss ends early';
    if (number <= previous || number > samples.count) return 'stss is out of order';
    samples.keys[number - 1] = 1;
    previous = number;
  }
  return undefined;
}

function readOffsets(
  stsc: Uint8Array | undefined,
  stco: Uint8Array | undefined,
  co64: Uint8Array | undefined,
  samples: ReadSamples,
): string | undefined {
  const offsetBytes = stco ? 4 : 8;
  const chunkTable = stco ?? co64;
  if (!stsc || !chunkTable) return 'there is no stsc, or neither stco nor co64';
  const runs = new FieldReader(stsc);
  runs.skip(4); // version, flags
  let runsLeft = runs.u32();
  const chunks = new FieldReader(chunkTable);
  chunks.skip(4); // version, flags
  const chunkCount = chunks.u32();
  if (chunks.left < chunkCount * offsetBytes) return 'the table of chunks ends early';

  let sample = 0;
  let samplesPerChunk = 0;
  let nextRunAt = runsLeft > 0 ? runs.u32() : 0;
  for (let chunk = 1; chunk <= chunkCount; chunk++) {
    if (chunk === nextRunAt) {
      samplesPerChunk = runs.u32();
      runs.skip(4); // sample_description_index
      runsLeft -= 1;
      nextRunAt = runsLeft > 0 ? runs.u32() : 0;
      if (runs.overrun) return 'stsc ends early';
      if (runsLeft > 0 && nextRunAt <= chunk) return 'stsc is out of order';
    }
    if (samplesPerChunk > samples.count - sample) return 'stsc tells of more samples than stsz';
    let offset = stco ? chunks.u32() : chunks.u64();
    for (let left = samplesPerChunk; left > 0; left--) {
      samples.offsets[sample] = offset;
      offset += samples.sizes[sample] ?? 0;
      sample += 1;
    }
  }
  if (runsLeft > 0) return 'stsc tells of more chunks than there are';
  return sample === samples.count ? undefined : 'stsc tells of fewer samples than stsz';
}

function outsideMediaData(
  samples: ReadSamples,
  mediaData: readonly ByteRange[],
): string | undefined {
  for (let index = 0; index < samples.count; index++) {
    const from = samples.offsets[index] ?? 0;
    const to = from + (samples.sizes[index] ?? 0);
    if (!mediaData.some((range) => from >= range.from && to <= range.to)) {
      return `sample ${index + 1} lies outside of the media data`;
    }
  }
  return undefined;
}
