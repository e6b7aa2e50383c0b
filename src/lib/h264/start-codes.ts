/** Finding start codes, and the zeros around them (ISO/IEC 14496-10, annex B). */

/** Bytes of the shorter start code, 00 00 01; the longer one is this with one more zero before it. */
export const START_CODE_BYTES = 3;

const START_CODE = Buffer.of(0, 0, 1);

/** Bytes that are searched in one go, by whichever search suits them. */
const WINDOW = 64 * 1024;
/** In each window this many bytes are looked at to choose the search. */
const SAMPLES = 32;

/** To compare with where padding is long: a hundred times faster than looking at each byte. */
const ZEROS = Buffer.alloc(WINDOW + START_CODE_BYTES - 1);
const ZERO_RUN = 1024;

/**
 * The native search stops at every zero byte: ten times faster than a loop where zeros are rare, as in coded
 * pictures, and several times slower where they are many, which a hostile payload can arrange.
 */
function hasManyZeros(bytes: Buffer, from: number, to: number): boolean {
  const step = Math.max(1, Math.floor((to - from) / SAMPLES));
  let zeros = 0;
  for (let i = from; i < to; i += step) if (bytes[i] === 0) zeros++;
  return zeros > SAMPLES / 4;
}

/** Looks at every third byte only, unless that is a zero. */
function findByStepping(bytes: Buffer, from: number, to: number): number {
  let i = from + 2;
  while (i < to) {
    const byte = bytes[i] as number;
    if (byte > 1) i += 3;
    else if (byte === 0) i += 1;
    else if (bytes[i - 1] === 0 && bytes[i - 2] === 0) return i - 2;
    else i += 3;
  }
  return -1;
}

/** Where the next 00 00 01 begins, at `from` or later; -1 where there is none. */
export function findStartCode(bytes: Buffer, from: number): number {
  for (let at = from; at + START_CODE_BYTES <= bytes.length; at += WINDOW) {
    // A start code may begin in this window and end in the next.
    const end = Math.min(bytes.length, at + WINDOW + START_CODE_BYTES - 1);
    let found: number;
    if (end - at > SAMPLES && hasManyZeros(bytes, at, end)) {
      found = isZero(bytes, at, end) ? -1 : findByStepping(bytes, at, end);
    } else if (end === bytes.length) {
      found = bytes.indexOf(START_CODE, at);
    } else {
      found = bytes.subarray(at, end).indexOf(START_CODE);
      if (found >= 0) found += at;
    }
    if (found >= 0) return found;
  }
  return -1;
}

/** How many bytes of a start code stand at the front of `rest` when `zeros` zero bytes stand before it; 0 for none. */
export function startCodeOverTheBorder(zeros: number, rest: Uint8Array): 0 | 1 | 2 {
  if (zeros >= 2 && rest[0] === 1) return 1;
  if (zeros >= 1 && rest[0] === 0 && rest[1] === 1) return 2;
  return 0;
}

/** The end of what stands before `end` when the zero bytes there are left out; not before `from`. */
export function withoutTrailingZeros(bytes: Buffer, from: number, end: number): number {
  if (bytes[end - 1] !== 0) return end;
  while (end - from >= ZERO_RUN && isZero(bytes, end - ZERO_RUN, end)) end -= ZERO_RUN;
  while (end > from && bytes[end - 1] === 0) end--;
  return end;
}

function isZero(bytes: Buffer, from: number, to: number): boolean {
  return bytes.compare(ZEROS, 0, to - from, from, to) === 0;
}

/** The same memory as a Buffer, whose native search a plain Uint8Array lacks. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
