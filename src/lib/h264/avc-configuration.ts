/** AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1): the parameter sets as the `avcC` box holds them. */
import { hasHighProfileFields, type SequenceParameterSet } from './sps.js';

/** The parameter sets of a description as NAL units. */
export interface ParameterSetLists {
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  /** NAL units of type 13. */
  readonly spsExtensions: readonly Uint8Array[];
}

/** The most sets that the record's counts of 5 and 8 bits can tell. */
export const MAX_RECORD_SPS = 31;
export const MAX_RECORD_PPS = 255;

/** Bytes of the length in front of each NAL unit of a sample: what the record says, and samples have. */
export const SAMPLE_LENGTH_BYTES = 4;

/** The record for these sets; profile, level and sample format are those of `active`. Lengths must fit in 16 bits. */
export function buildAvcConfiguration(
  sets: ParameterSetLists,
  active: SequenceParameterSet,
): Uint8Array {
  const parts: Uint8Array[] = [
    Uint8Array.of(
      1, // configurationVersion
      active.profileIdc, // AVCProfileIndication
      active.constraintFlags, // profile_compatibility
      active.levelIdc, // AVCLevelIndication
      0b1111_1100 | (SAMPLE_LENGTH_BYTES - 1), // reserved, lengthSizeMinusOne
      0b1110_0000 | sets.sps.length, // reserved, numOfSequenceParameterSets
    ),
    ...withLengths(sets.sps),
    Uint8Array.of(sets.pps.length), // numOfPictureParameterSets
    ...withLengths(sets.pps),
  ];
  if (hasHighProfileFields(active.profileIdc)) {
    parts.push(
      Uint8Array.of(
        0b1111_1100 | active.chromaFormatIdc, // reserved, chroma_format
        0b1111_1000 | (active.bitDepthLuma - 8), // reserved, bit_depth_luma_minus8
        0b1111_1000 | (active.bitDepthChroma - 8), // reserved, bit_depth_chroma_minus8
        sets.spsExtensions.length, // numOfSequenceParameterSetExt
      ),
      ...withLengths(sets.spsExtensions),
    );
  }
  return Buffer.concat(parts);
}

/** RFC 6381: `avc1.` and profile, constraint flags and level as six hexadecimal digits. */
export function codecString(sps: SequenceParameterSet): string {
  const bytes = Buffer.of(sps.profileIdc, sps.constraintFlags, sps.levelIdc);
  return `avc1.${bytes.toString('hex').toUpperCase()}`;
}

function* withLengths(nalUnits: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const nalUnit of nalUnits) {
    yield Uint8Array.of(nalUnit.length >> 8, nalUnit.length & 0xff);
    yield nalUnit;
  }
}
