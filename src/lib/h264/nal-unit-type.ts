/** The header byte of a NAL unit (ISO/IEC 14496-10, 7.3.1 and table 7-1). */

/** The values of nal_unit_type that this room tells apart. */
export const NAL = {
  slice: 1,
  partitionA: 2,
  partitionB: 3,
  partitionC: 4,
  idrSlice: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  accessUnitDelimiter: 9,
  endOfSequence: 10,
  endOfStream: 11,
  fillerData: 12,
  spsExtension: 13,
  prefix: 14,
  subsetSps: 15,
  reserved18: 18,
  auxiliarySlice: 19,
  sliceExtension: 20,
  sliceExtensionDepth: 21,
} as const;

/** nal_unit_type, 0 to 31; 0 for an empty NAL unit. */
export function nalUnitType(nalUnit: Uint8Array): number {
  return (nalUnit[0] ?? 0) & 0x1f;
}

/** Whether a NAL unit is a sequence or a picture parameter set. */
export function isParameterSet(nalUnit: Uint8Array): boolean {
  const type = nalUnitType(nalUnit);
  return type === NAL.sps || type === NAL.pps;
}

/** nal_ref_idc, 0 to 3: 0 where no other picture refers to this one. */
export function nalRefIdc(nalUnit: Uint8Array): number {
  return ((nalUnit[0] ?? 0) >> 5) & 3;
}

/**
 * Whether this byte can be the header of a NAL unit that an encoder sends: forbidden_zero_bit clear, a specified
 * type, and a nal_ref_idc that the type allows (7.4.1).
 */
export function isPlausibleHeader(header: number): boolean {
  if (header >= 0x80) return false;
  const type = header & 0x1f;
  const referenced = header >= 0x20;
  switch (type) {
    case NAL.idrSlice:
    case NAL.sps:
    case NAL.pps:
    case NAL.spsExtension:
    case NAL.subsetSps:
      return referenced;
    case NAL.sei:
    case NAL.accessUnitDelimiter:
    case NAL.endOfSequence:
    case NAL.endOfStream:
    case NAL.fillerData:
      return !referenced;
    default:
      return type >= NAL.slice && type <= NAL.sliceExtensionDepth;
  }
}

/** Whether this header is a NAL unit by itself. Behind a length of 1, which reads as a start code, no other can stand. */
export function isWholeInOneByte(header: number): boolean {
  const type = header & 0x1f;
  return type === NAL.endOfSequence || type === NAL.endOfStream;
}

const USUAL_FIRST: ReadonlySet<number> = new Set([
  NAL.slice,
  NAL.partitionA,
  NAL.idrSlice,
  NAL.sei,
  NAL.sps,
  NAL.pps,
  NAL.accessUnitDelimiter,
  NAL.prefix,
]);

/** Whether this byte can be the header of the first NAL unit of a packet: plausible, and of a type met in practice. */
export function isUsualFirstHeader(header: number): boolean {
  return isPlausibleHeader(header) && USUAL_FIRST.has(header & 0x1f);
}
