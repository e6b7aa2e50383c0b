/** How a whole stream marks its NAL units, judged by its first bytes. */
import { MAX_NAL_UNIT_BYTES } from './limits.js';
import { isPlausibleHeader, isWholeInOneByte } from './nal-unit-type.js';
import { findStartCode, withoutTrailingZeros } from './start-codes.js';

const LENGTH_BYTES = 4;

/**
 * `length-prefixed` where lengths of four bytes lead from NAL unit to NAL unit as far as `head` reaches, else
 * `annex-b`. Zeros may follow the last one. 00 00 00 01 is a start code; 00 00 01 is one unless it leads, as a length of
 * 256 to 511 bytes, to another NAL unit.
 */
export function streamFraming(head: Buffer): 'annex-b' | 'length-prefixed' {
  const startCode = findStartCode(head, 0);
  if (startCode === 1 && head[0] === 0) return 'annex-b';
  const ambiguous = startCode === 0;
  return plausibleUnits(head) > (ambiguous ? 1 : 0) ? 'length-prefixed' : 'annex-b';
}

/**
 * How many NAL units the lengths lead to; 0 where one of them leads astray. Where they lead to a start code, the framing
 * changes in mid-stream: counted as far as that, so that it is refused there rather than begun there.
 */
function plausibleUnits(head: Buffer): number {
  let units = 0;
  let at = 0;
  while (at + LENGTH_BYTES < head.length) {
    const length = head.readUInt32BE(at);
    const start = at + LENGTH_BYTES;
    const end = start + length;
    if (length === 0) return withoutTrailingZeros(head, at, head.length) === at ? units : 0;
    if (length > MAX_NAL_UNIT_BYTES) return 0;
    const header = head.readUInt8(start);
    if (!isPlausibleHeader(header)) return 0;
    if (length === 1 && units > 0 && !isWholeInOneByte(header)) return units;
    // What looks like a start code inside a NAL unit is one.
    if (findStartCode(head.subarray(start, end), 0) >= 0) return 0;
    units++;
    at = end;
  }
  return units;
}
