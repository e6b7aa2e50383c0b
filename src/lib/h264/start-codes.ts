/** Finding start codes, and the zeros around them (ISO/IEC 14496-10, annex B). */
import { searchableMemory, searchIn } from './start-code-search.js';

/** Bytes of the shorter start code, 00 00 01; the longer one is this with one more zero before it. */
export const START_CODE_BYTES = 3;

/** To compare with where padding is long: a hundred times faster than looking at each byte. */
const ZERO_RUN = 1024;
const ZEROS = Buffer.alloc(ZERO_RUN);

/** Bytes that are copied to be searched: the first of them, four times as many each time, and never more than these. */
const FIRST_PIECE = 4 * 1024;
const LARGEST_PIECE = 64 * 1024;

/** Finds the first start code in the bytes between two places, and says where; -1 where there is none. */
type FindBetween = (bytes: Buffer, from: number, end: number) => number;

/** Made when it is needed: most commands search nothing. */
let findBetween: FindBetween | undefined;

function makeFindBetween(): FindBetween {
  const memory = searchableMemory(LARGEST_PIECE);
  if (memory === undefined) return findByStepping;
  const piece = new Uint8Array(memory.bytes);
  return (bytes, from, end) => {
    const found = memory.search(0, bytes.copy(piece, 0, from, end));
    return found < 0 ? -1 : from + found;
  };
}

/** Where the next 00 00 01 begins, at `from` or later; -1 where there is none. */
export function findStartCode(bytes: Buffer, from: number): number {
  if (isStartCode(bytes, from)) return from;
  const { byteOffset, length } = bytes;
  const search = searchIn(bytes.buffer);
  if (search === undefined) return findInPieces(bytes, from);
  const found = search(byteOffset + from, byteOffset + length);
  return found < 0 ? -1 : found - byteOffset;
}

function isStartCode(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1;
}

/** Many NAL units may stand in one payload, and each of them begins a search: so the first pieces are small. */
function findInPieces(bytes: Buffer, from: number): number {
  findBetween ??= makeFindBetween();
  let size = FIRST_PIECE;
  for (let at = from; at + START_CODE_BYTES <= bytes.length; ) {
    const end = Math.min(bytes.length, at + size);
    const found = findBetween(bytes, at, end);
    if (found >= 0) return found;
    // A start code may begin in this piece and end in the next.
    at = end - START_CODE_BYTES + 1;
    size = Math.min(4 * size, LARGEST_PIECE);
  }
  return -1;
}

/** Looks at every third byte only, unless that is a zero. */
function findByStepping(bytes: Buffer, from: number, end: number): number {
  let i = from + 2;
  while (i < end) {
    const byte = bytes[i] as number;
    if (byte > 1) i += 3;
    else if (byte === 0) i += 1;
    else if (bytes[i - 1] === 0 && bytes[i - 2] === 0) return i - 2;
    else i += 3;
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
  while (end - from >= ZERO_RUN && ZEROS.compare(bytes, end - ZERO_RUN, end) === 0) end -= ZERO_RUN;
  while (end > from && bytes[end - 1] === 0) end--;
  return end;
}

/** The same memory as a Buffer, whose native search a plain Uint8Array lacks. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
