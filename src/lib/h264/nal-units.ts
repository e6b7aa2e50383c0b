/** Splits one payload into NAL units: Annex B byte streams and, by detection, length-prefixed ones. */
import { followLengthChain } from './length-prefixed.js';
import { MAX_NAL_UNITS } from './limits.js';
import { isUsualFirstHeader } from './nal-unit-type.js';
import { asBuffer, findStartCode, START_CODE_BYTES, withoutTrailingZeros } from './start-codes.js';

/** How a payload marks its NAL units; `none` where it holds none that can be found. */
export type Framing = 'annex-b' | 'length-prefixed' | 'none';

export interface SplitPayload {
  readonly framing: Framing;
  /** Views of the payload in its order, header byte first, without start code, length and padding. Never empty ones. */
  readonly nalUnits: readonly Uint8Array[];
  /**
   * Annex B: what stands before the first start code, or everything where there is none; padding is not. A byte
   * stream goes on there with the NAL unit that the payload before it left open.
   */
  readonly continued: Uint8Array;
  /** Zero bytes at the end: padding, unless the next payload goes on with the last NAL unit. */
  readonly trailingZeros: number;
}

const LONG_START_CODE = Buffer.of(0, 0, 0, 1);
const NO_BYTES = Buffer.alloc(0);

/**
 * Splits a payload. `expected` is the framing of the payloads before this one and settles the one ambiguous case:
 * 00 00 01 xx is a start code and also a length of 256 + xx. Never throws, never copies. A payload with more
 * start codes than `MAX_NAL_UNITS` counts as damaged: none.
 */
export function splitNalUnits(payload: Uint8Array, expected: Framing = 'annex-b'): SplitPayload {
  const bytes = asBuffer(payload);
  const firstStartCode = findStartCode(bytes, 0);
  const prefixed = splitLengthPrefixed(bytes, firstStartCode, expected);
  if (prefixed !== undefined) {
    const framing = 'length-prefixed';
    return { framing, nalUnits: prefixed, continued: NO_BYTES, trailingZeros: 0 };
  }
  if (firstStartCode < 0 && expected === 'length-prefixed') return nothing();
  const contentEnd = withoutTrailingZeros(bytes, 0, bytes.length);
  const trailingZeros = bytes.length - contentEnd;
  const front = firstStartCode < 0 ? contentEnd : firstStartCode;
  const continued =
    front === 0 ? NO_BYTES : bytes.subarray(0, withoutTrailingZeros(bytes, 0, front));
  if (firstStartCode < 0) return { framing: 'none', nalUnits: [], continued, trailingZeros };
  const nalUnits = splitAnnexB(bytes, firstStartCode);
  if (nalUnits === undefined) return nothing();
  return { framing: 'annex-b', nalUnits, continued, trailingZeros };
}

function nothing(): SplitPayload {
  return { framing: 'none', nalUnits: [], continued: NO_BYTES, trailingZeros: 0 };
}

/** One Annex B byte stream of these NAL units, each behind a start code of four bytes. */
export function joinAnnexB(nalUnits: readonly Uint8Array[]): Buffer {
  return Buffer.concat(nalUnits.flatMap((nalUnit) => [LONG_START_CODE, nalUnit]));
}

function splitAnnexB(bytes: Buffer, firstStartCode: number): Buffer[] | undefined {
  // Most payloads have one, and an array that has grown by one has room for sixteen more.
  let nalUnits: Buffer[] | undefined;
  let start = firstStartCode + START_CODE_BYTES;
  for (let startCodes = 1; start < bytes.length; startCodes++) {
    if (startCodes > MAX_NAL_UNITS) return undefined;
    const next = findStartCode(bytes, start);
    const end = withoutTrailingZeros(bytes, start, next < 0 ? bytes.length : next);
    if (end > start) {
      const nalUnit = bytes.subarray(start, end);
      if (nalUnits === undefined) nalUnits = [nalUnit];
      else nalUnits.push(nalUnit);
    }
    if (next < 0) break;
    start = next + START_CODE_BYTES;
  }
  return nalUnits ?? [];
}

function splitLengthPrefixed(
  bytes: Buffer,
  firstStartCode: number,
  expected: Framing,
): Buffer[] | undefined {
  // 00 00 00 01 in front: a length of one byte is the beginning of nothing that an encoder sends.
  if (firstStartCode === 1 && bytes[0] === 0) return undefined;
  if (firstStartCode === 0) return splitAmbiguous(bytes, expected);
  for (const lengthSize of [4, 3, 2] as const) {
    const nalUnits = followLengthChain(bytes, lengthSize);
    // A start code where no length stands cannot be inside a NAL unit (7.4.1): then this is Annex B behind garbage.
    if (nalUnits === undefined) continue;
    if (firstStartCode < 0 || !nalUnits.some(holdsStartCode)) return nalUnits;
  }
  return undefined;
}

/** 00 00 01 xx: believed to be a length only where a whole chain says so, and nothing speaks for a start code. */
function splitAmbiguous(bytes: Buffer, expected: Framing): Buffer[] | undefined {
  const nalUnits = followLengthChain(bytes, 4);
  if (nalUnits === undefined || nalUnits.some(holdsStartCode)) return undefined;
  const [first, second] = nalUnits;
  if (second !== undefined || expected === 'length-prefixed') return nalUnits;
  const readsAsAnnexB = isUsualFirstHeader(bytes[START_CODE_BYTES] ?? 0);
  return !readsAsAnnexB && isUsualFirstHeader(first?.[0] ?? 0) ? nalUnits : undefined;
}

function holdsStartCode(nalUnit: Buffer): boolean {
  return findStartCode(nalUnit, 0) >= 0;
}
