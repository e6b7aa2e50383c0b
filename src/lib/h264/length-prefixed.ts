/** NAL units with their length in front, as in MP4 samples (ISO/IEC 14496-15, 5.3.4.2.1). */
import { MAX_NAL_UNITS } from './limits.js';
import { isPlausibleHeader } from './nal-unit-type.js';
import { withoutTrailingZeros } from './start-codes.js';

/** Bytes of a length field. One byte exists in the standard, but any payload looks like that too easily. */
export type LengthSize = 2 | 3 | 4;

/**
 * Follows the lengths from the first byte to the last. The NAL units as views, where the chain ends exactly with
 * the payload and every NAL unit has a plausible header; else nothing.
 */
export function followLengthChain(payload: Buffer, lengthSize: LengthSize): Buffer[] | undefined {
  const nalUnits: Buffer[] = [];
  let at = 0;
  while (at < payload.length) {
    if (at + lengthSize >= payload.length) return undefined;
    const length = payload.readUIntBE(at, lengthSize);
    const start = at + lengthSize;
    const end = start + length;
    if (length === 0 || end > payload.length) return undefined;
    if (!isPlausibleHeader(payload[start] as number)) return undefined;
    if (nalUnits.length === MAX_NAL_UNITS) return undefined;
    nalUnits.push(payload.subarray(start, withoutTrailingZeros(payload, start, end)));
    at = end;
  }
  return nalUnits.length > 0 ? nalUnits : undefined;
}
