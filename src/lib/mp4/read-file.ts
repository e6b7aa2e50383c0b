/**
 * What an MP4 file on disk is: finished, still in fragments, or neither (ISO/IEC 14496-12, 4.2).
 */
import { boxType, FieldReader } from './field-reader.js';
import { announcesFragments, type ReadMovie, readMoov } from './read-moov.js';
import { found, type ReadResult, refused } from './read-result.js';
import type { ByteRange } from './read-samples.js';

/** A file that can be read anywhere. */
export interface ByteSource {
  /** Bytes in all. */
  readonly length: number;
  /** The bytes at `position`; fewer only where the file ends. */
  read(position: number, length: number): Promise<Uint8Array>;
}

export type Mp4File =
  /** An ordinary file, and every sample lies within it. */
  | { readonly state: 'finished'; readonly movie: ReadMovie }
  /** In fragments: its recording goes on, or ended before it was finished. It plays up to the last fragment. */
  | { readonly state: 'unfinished' }
  /** Cut off, or contradicting itself. */
  | { readonly state: 'damaged'; readonly reason: string }
  /** Not an MP4. */
  | { readonly state: 'foreign'; readonly reason: string };

/** A day at 30 pictures a second takes 30 MB. */
const MAX_MOOV_BYTES = 256 * 1024 * 1024;

/** Boxes at the top of a file that are looked at before it is given up; ours have three. */
const MAX_TOP_LEVEL_BOXES = 64;

interface TopLevelBox {
  readonly type: string;
  readonly body: ByteRange;
}

/** Says what the file is. Rejects only if the source does. */
export async function readMp4(source: ByteSource): Promise<Mp4File> {
  if (source.length === 0) return { state: 'foreign', reason: 'it is empty' };
  const mediaData: ByteRange[] = [];
  let moov: Uint8Array | undefined;
  let boxes = 0;
  for (let position = 0; position < source.length; boxes++) {
    if (boxes === MAX_TOP_LEVEL_BOXES) return damaged('there are too many boxes');
    const next = await readTopLevelBox(source, position);
    if (boxes === 0 && !(next.ok && next.value.type === 'ftyp')) {
      return { state: 'foreign', reason: 'it does not begin with ftyp' };
    }
    if (!next.ok) return damaged(next.reason);
    const { type, body } = next.value;
    if (type === 'mdat') mediaData.push(body);
    if (type === 'moov' && moov === undefined) {
      const bytes = await readBody(source, body);
      if (!bytes.ok) return damaged(bytes.reason);
      // What was cut off may end within any later box: the rest is not looked at.
      if (announcesFragments(bytes.value)) return { state: 'unfinished' };
      moov = bytes.value;
    }
    position = body.to;
  }
  if (moov === undefined) return damaged('there is no moov');
  const movie = readMoov(moov, mediaData);
  return movie.ok ? { state: 'finished', movie: movie.value } : damaged(movie.reason);
}

function damaged(reason: string): Mp4File {
  return { state: 'damaged', reason };
}

async function readBody(source: ByteSource, range: ByteRange): Promise<ReadResult<Uint8Array>> {
  const length = range.to - range.from;
  if (length > MAX_MOOV_BYTES) return refused(`moov has ${length} bytes`);
  const body = await source.read(range.from, length);
  return body.length === length ? found(body) : refused('moov cannot be read to its end');
}

async function readTopLevelBox(
  source: ByteSource,
  position: number,
): Promise<ReadResult<TopLevelBox>> {
  const header = await source.read(position, Math.min(16, source.length - position));
  const fields = new FieldReader(header);
  const shortSize = fields.u32();
  const type = boxType(header);
  fields.skip(4);
  if (fields.overrun) return refused(`at byte ${position} the file is cut off`);
  const large = shortSize === 1;
  const size = large ? fields.u64() : shortSize === 0 ? source.length - position : shortSize;
  const from = position + (large ? 16 : 8);
  const to = position + size;
  if (fields.overrun || to > source.length) {
    return refused(`${type} at byte ${position} reaches beyond the end of the file`);
  }
  if (to < from) return refused(`${type} at byte ${position} is smaller than its own header`);
  return found({ type, body: { from, to } });
}
