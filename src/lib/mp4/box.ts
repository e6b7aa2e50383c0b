/**
 * Boxes as plain data, and how they become bytes (ISO/IEC 14496-12, 4.2).
 * A box knows its size before it is written, so that tables of millions of rows can be written in slices.
 */

/** The rows of a large table, made only when they are written. */
export interface TableContent {
  /** Bytes of all rows together. */
  readonly size: number;
  /** The rows, some at a time. A piece is valid until the next one is asked for. */
  pieces(): Iterable<Uint8Array>;
}

export type BoxContent = Uint8Array | Box | TableContent;

export interface Box {
  /** Four characters, ASCII. */
  readonly type: string;
  /** Bytes, header included. Below 2^32. */
  readonly size: number;
  readonly contents: readonly BoxContent[];
}

/** Size and type: what each box begins with. */
export const BOX_HEADER_BYTES = 8;

/** How much of a box is made at a time: the event loop gets its turn between slices. */
const SLICE_BYTES = 256 * 1024;

/** A box of fields, tables and other boxes. */
export function box(type: string, ...contents: readonly BoxContent[]): Box {
  let size = BOX_HEADER_BYTES;
  for (const content of contents) size += sizeOf(content);
  return { type, size, contents };
}

/** A box with a version and flags (4.2.2). */
export function fullBox(
  type: string,
  version: number,
  flags: number,
  ...contents: readonly BoxContent[]
): Box {
  return box(type, u8(version), u24(flags), ...contents);
}

/** The whole box in one piece: for small ones. */
export function toBytes(source: Box): Uint8Array {
  const bytes = new Uint8Array(source.size);
  writeInto(bytes, 0, source);
  return bytes;
}

/** Writes a box at `at`; returns where it ends. Every fragment comes this way: the generator below costs too much for it. */
function writeInto(bytes: Uint8Array, at: number, source: Box): number {
  writeHeader(bytes, at, source.type, source.size);
  at += BOX_HEADER_BYTES;
  for (const content of source.contents) {
    if (content instanceof Uint8Array) {
      bytes.set(content, at);
      at += content.length;
    } else if ('type' in content) at = writeInto(bytes, at, content);
    else {
      for (const piece of content.pieces()) {
        bytes.set(piece, at);
        at += piece.length;
      }
    }
  }
  return at;
}

function writeHeader(bytes: Uint8Array, at: number, type: string, size: number): void {
  bytes[at] = size >>> 24;
  bytes[at + 1] = size >>> 16;
  bytes[at + 2] = size >>> 8;
  bytes[at + 3] = size;
  for (let i = 0; i < 4; i++) bytes[at + 4 + i] = type.charCodeAt(i);
}

/** The box in slices of `sliceBytes`, the last one shorter. Each slice is the caller's to keep. */
export function* slicesOf(source: Box, sliceBytes = SLICE_BYTES): Generator<Uint8Array> {
  let left = source.size;
  let slice = new Uint8Array(Math.min(sliceBytes, left));
  let used = 0;
  for (const piece of piecesOf(source)) {
    let rest = piece;
    while (rest.length > 0) {
      const part = rest.subarray(0, slice.length - used);
      slice.set(part, used);
      used += part.length;
      rest = rest.subarray(part.length);
      if (used < slice.length) continue;
      yield slice;
      left -= used;
      used = 0;
      slice = new Uint8Array(Math.min(sliceBytes, left));
    }
  }
}

function* piecesOf(source: Box): Generator<Uint8Array> {
  yield boxHeader(source.type, source.size);
  for (const content of source.contents) {
    if (content instanceof Uint8Array) yield content;
    else if ('type' in content) yield* piecesOf(content);
    else yield* content.pieces();
  }
}

function sizeOf(content: BoxContent): number {
  return content instanceof Uint8Array ? content.length : content.size;
}

/** Size and type of a box whose contents are written by somebody else. `size` includes these 8 bytes. */
export function boxHeader(type: string, size: number): Uint8Array {
  const header = new Uint8Array(BOX_HEADER_BYTES);
  writeHeader(header, 0, type, size);
  return header;
}

/** One byte; of a larger number its low eight bits, and so on for the others. */
export function u8(value: number): Uint8Array {
  return Uint8Array.of(value);
}

/** Two bytes, big endian, as all numbers of a box. */
export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value);
}

/** Three bytes. */
export function u24(value: number): Uint8Array {
  return Uint8Array.of(value >>> 16, value >>> 8, value);
}

/** Four bytes. A negative number becomes its two’s complement. */
export function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** For values up to 2^53. */
export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(value / 0x1_0000_0000));
  view.setUint32(4, value % 0x1_0000_0000);
  return bytes;
}

/** `bytes` zero bytes: reserved fields. */
export function zeros(bytes: number): Uint8Array {
  return new Uint8Array(bytes);
}

/** A byte for each character; no zero behind them. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
