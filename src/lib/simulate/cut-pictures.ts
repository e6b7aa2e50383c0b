/**
 * Cuts an Annex B stream into pictures without losing a byte. A phone's encoder hands out one picture at a time;
 * here they are found again. What stands between two pictures belongs to the later one, except for what ends a
 * sequence and for padding (ISO/IEC 14496-10, 7.4.1.2.3).
 */
import { NAL, nalUnitType } from '../h264/nal-unit-type.js';
import { PictureAssembler } from '../h264/picture-assembler.js';
import { findStartCode, START_CODE_BYTES, withoutTrailingZeros } from '../h264/start-codes.js';
import type { SamplePicture } from './sample.js';

/** All pieces are views; `config`, then `pictures`, are the stream byte for byte. */
export interface CutStream {
  /** What stands before the first picture up to its last parameter set: a piece for each parameter set. */
  readonly config: readonly Uint8Array[];
  readonly pictures: readonly SamplePicture[];
  /** The first sequence parameter set, header byte first. */
  readonly sps: Uint8Array | undefined;
}

interface Unit {
  /** Where its start code begins, or what precedes the first one. */
  readonly from: number;
  readonly type: number;
  readonly nalUnit: Uint8Array;
}

/** What belongs to the picture before it. */
const TRAILING: ReadonlySet<number> = new Set([
  NAL.slice,
  NAL.partitionA,
  NAL.partitionB,
  NAL.partitionC,
  NAL.idrSlice,
  NAL.endOfSequence,
  NAL.endOfStream,
  NAL.fillerData,
  NAL.auxiliarySlice,
  NAL.sliceExtension,
  NAL.sliceExtensionDepth,
]);

/** The pieces of a whole stream, in its order: the last picture ends where the stream does. */
export function cutIntoPictures(stream: Buffer): CutStream {
  const units = unitsOf(stream);
  const sps = units.find(({ type }) => type === NAL.sps)?.nalUnit;
  const firstSlices = findPictures(units);
  const config = cutConfig(stream, units.slice(0, (firstSlices[0] ?? 0) + 1));
  let from = config.reduce((bytes, piece) => bytes + piece.length, 0);
  const pictures = firstSlices.map((first, index) => {
    const next = firstSlices[index + 1];
    const end = next === undefined ? stream.length : startOfPicture(units, next);
    const key = units.slice(first, next).some(({ type }) => type === NAL.idrSlice);
    const bytes = stream.subarray(from, end);
    from = end;
    return { bytes, key };
  });
  return { config, pictures, sps };
}

function unitsOf(stream: Buffer): Unit[] {
  const units: Unit[] = [];
  let from = 0;
  for (let code = findStartCode(stream, 0); code >= 0; ) {
    const start = code + START_CODE_BYTES;
    const next = findStartCode(stream, start);
    const end = next < 0 ? stream.length : next;
    const nalUnit = stream.subarray(start, withoutTrailingZeros(stream, start, end));
    units.push({ from, type: nalUnitType(nalUnit), nalUnit });
    // The longer start code has a zero more, and further ones are padding of the unit before.
    from = next > start && stream[next - 1] === 0 ? next - 1 : next;
    code = next;
  }
  return units;
}

/** The index of the first slice of each picture. */
function findPictures(units: readonly Unit[]): number[] {
  const assembler = new PictureAssembler<number>();
  const outputs = units.flatMap(({ nalUnit }, index) => assembler.push([nalUnit], index));
  outputs.push(...assembler.flush());
  return outputs.map((output) => (output.type === 'picture' ? output.picture.tag : output.tag));
}

/** Everything up to the last parameter set, divided after each of them. `leading` ends with the first slice. */
function cutConfig(stream: Buffer, leading: readonly Unit[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let from = 0;
  leading.forEach(({ type }, index) => {
    if (type !== NAL.sps && type !== NAL.pps) return;
    const end = leading[index + 1]?.from ?? from;
    pieces.push(stream.subarray(from, end));
    from = end;
  });
  return pieces;
}

/** Where the picture begins whose first slice has this index. */
function startOfPicture(units: readonly Unit[], firstSlice: number): number {
  let index = firstSlice;
  for (let before = units[index - 1]; before !== undefined; before = units[index - 1]) {
    if (TRAILING.has(before.type)) break;
    index -= 1;
  }
  return units[index]?.from ?? 0;
}
