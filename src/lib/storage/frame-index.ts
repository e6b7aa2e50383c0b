/**
 * `frames.csv`: one row per packet of the camera, in arrival order. The contract is docs/files.md.
 * With `stream.h264` it rebuilds the MP4 exactly.
 */

export type PacketKind = 'config' | 'key' | 'delta';

export interface IndexRow {
  /** The packet's number in its capture, modulo 2^32. */
  readonly sequence: number;
  /** Device clock, milliseconds. */
  readonly timestampMs: number;
  /** Milliseconds since the epoch at which the packet arrived. */
  readonly arrivalMs: number;
  /** Where the packet's payload begins in `stream.h264`. */
  readonly offset: number;
  /** Bytes of payload. */
  readonly size: number;
  readonly kind: PacketKind;
}

export const INDEX_HEADER = 'sequence,timestamp_ms,arrival_ms,offset,size,kind\n';

/** Longest row that is read: six fields of at most 16 digits stay far below it. */
export const MAX_ROW_BYTES = 160;

/** One row with its line feed, ASCII. */
export function formatIndexRow(row: IndexRow): string {
  return `${row.sequence},${row.timestampMs},${row.arrivalMs},${row.offset},${row.size},${row.kind}\n`;
}

/** A whole number as long as a row's fields can be: sequence and size have 32 bits, the others 53. */
const MAX_DIGITS = [10, 16, 16, 16, 10] as const;
const NUMBERS = MAX_DIGITS.length;

const MAX_UINT32 = 0xffff_ffff;

const COMMA = 0x2c;
const ZERO = 0x30;

const KINDS: readonly { readonly kind: PacketKind; readonly letters: Buffer }[] = (
  ['delta', 'key', 'config'] as const
).map((kind) => ({ kind, letters: Buffer.from(kind, 'latin1') }));

/** The numbers of the row that is being read. Read by hand, a row costs half of what an expression and its strings do. */
const numbers = new Float64Array(NUMBERS);

/** Reads the row in the bytes between two places, its line feed left out: the row, or what is wrong with it. Never throws. */
export function parseIndexRow(bytes: Uint8Array, from: number, end: number): IndexRow | string {
  const kindAt = readNumbers(bytes, from, end);
  const kind = kindAt < 0 ? undefined : kindOf(bytes, kindAt, end);
  if (kind === undefined) return 'not a row of six fields';
  const row: IndexRow = {
    sequence: numbers[0] as number,
    timestampMs: numbers[1] as number,
    arrivalMs: numbers[2] as number,
    offset: numbers[3] as number,
    size: numbers[4] as number,
    kind,
  };
  if (row.sequence > MAX_UINT32 || row.size > MAX_UINT32) return 'a number beyond 32 bits';
  if (!Number.isSafeInteger(row.timestampMs) || !Number.isSafeInteger(row.offset + row.size)) {
    return 'a number beyond 53 bits';
  }
  return row;
}

/** Reads the numbers in front, each with its comma; where the next field begins, or -1 if they are not there. */
function readNumbers(bytes: Uint8Array, from: number, end: number): number {
  let field = 0;
  let digits = 0;
  let value = 0;
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte === COMMA) {
      if (digits === 0) return -1;
      numbers[field] = value;
      field += 1;
      if (field === NUMBERS) return at + 1;
      digits = 0;
      value = 0;
      continue;
    }
    digits += 1;
    if (byte < ZERO || byte > ZERO + 9 || digits > (MAX_DIGITS[field] as number)) return -1;
    value = value * 10 + (byte - ZERO);
  }
  return -1;
}

function kindOf(bytes: Uint8Array, from: number, end: number): PacketKind | undefined {
  for (const { kind, letters } of KINDS) if (isAt(letters, bytes, from, end)) return kind;
  return undefined;
}

function isAt(letters: Buffer, bytes: Uint8Array, from: number, end: number): boolean {
  if (end - from !== letters.length) return false;
  for (let i = 0; i < letters.length; i += 1) if (bytes[from + i] !== letters[i]) return false;
  return true;
}
