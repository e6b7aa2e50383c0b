/**
 * Splits a stream that comes in chunks into NAL units. What lies within one chunk is a view of it; only what
 * straddles chunks is copied. The result does not depend on where the chunks begin and end.
 */
import { CamrecError } from '../base/errors.js';
import { MAX_NAL_UNIT_BYTES } from './limits.js';
import { isPlausibleHeader, isWholeInOneByte } from './nal-unit-type.js';
import { findStartCode, START_CODE_BYTES, withoutTrailingZeros } from './start-codes.js';

/** What to do about a stream that is refused. */
export const OTHER_ENGINE_HINT = 'Try the ffmpeg engine, which reads more kinds: --engine ffmpeg';

export interface LocatedNalUnit {
  readonly nalUnit: Uint8Array;
  /** Where its start code or its length begins, in bytes from the beginning of the stream. */
  readonly offset: number;
}

export interface NalUnitStream {
  /** The NAL units that end within this chunk. The chunk must not change afterwards. */
  push(chunk: Buffer): LocatedNalUnit[];
  /** What the end of the stream completes. */
  end(): LocatedNalUnit[];
}

/** The parts of a NAL unit that has not ended yet, in as many pieces as chunks it lies in. */
class OpenNalUnit {
  readonly offset: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Zeros at the end so far. They are padding, by the gigabyte after a power cut, unless something follows. */
  #zeros = 0;

  constructor(offset: number) {
    this.offset = offset;
  }

  add(piece: Buffer): void {
    const end = withoutTrailingZeros(piece, 0, piece.length);
    if (end > 0) {
      this.#bytes += this.#zeros + end;
      if (this.#bytes > MAX_NAL_UNIT_BYTES) throw tooLarge(this.offset);
      if (this.#zeros > 0) this.#pieces.push(Buffer.alloc(this.#zeros));
      this.#pieces.push(piece.subarray(0, end));
      this.#zeros = 0;
    }
    this.#zeros += piece.length - end;
  }

  /** The whole, trailing zeros left out; nothing if that is all there was. */
  close(): LocatedNalUnit[] {
    const [only] = this.#pieces;
    if (only === undefined) return [];
    const nalUnit = this.#pieces.length === 1 ? only : Buffer.concat(this.#pieces);
    return [{ nalUnit, offset: this.offset }];
  }
}

/** Annex B: start codes in between. Bytes before the first one are left out. */
export class AnnexBStream implements NalUnitStream {
  #open: OpenNalUnit | undefined;
  /** Stream offset of the next chunk. */
  #offset = 0;
  /** The two bytes before the next chunk, as a number; a start code may begin in them. */
  #tail = 0xffff;

  push(chunk: Buffer): LocatedNalUnit[] {
    const nalUnits: LocatedNalUnit[] = [];
    let contentStart = 0;
    let startCode = this.#startCodeOverTheBorder(chunk) ?? findFrom(chunk, 0);
    while (startCode !== undefined) {
      if (startCode > contentStart) this.#open?.add(chunk.subarray(contentStart, startCode));
      if (this.#open !== undefined) nalUnits.push(...this.#open.close());
      this.#open = new OpenNalUnit(this.#offset + startCode);
      contentStart = startCode + START_CODE_BYTES;
      startCode = findFrom(chunk, contentStart);
    }
    this.#open?.add(chunk.subarray(contentStart));
    this.#offset += chunk.length;
    for (const byte of chunk.subarray(-2)) this.#tail = ((this.#tail << 8) | byte) & 0xffff;
    return nalUnits;
  }

  end(): LocatedNalUnit[] {
    const nalUnits = this.#open?.close() ?? [];
    this.#open = undefined;
    return nalUnits;
  }

  /** -2 or -1 where a start code begins that many bytes before this chunk. */
  #startCodeOverTheBorder(chunk: Buffer): number | undefined {
    if (this.#tail === 0 && chunk[0] === 1) return -2;
    if ((this.#tail & 0xff) === 0 && chunk[0] === 0 && chunk[1] === 1) return -1;
    return undefined;
  }
}

function findFrom(chunk: Buffer, from: number): number | undefined {
  const found = findStartCode(chunk, from);
  return found < 0 ? undefined : found;
}

/** NAL units behind lengths of four bytes, from the first byte on. */
export class LengthPrefixedStream implements NalUnitStream {
  #open: OpenNalUnit | undefined;
  /** Bytes that the open NAL unit still lacks. */
  #missing = 0;
  /** The length that is being read, and how many of its bytes are. */
  #length = 0;
  #lengthBytes = 0;
  /** Where zeros stand in place of a length. They are padding, as a power cut leaves it, unless something follows. */
  #paddingAt: number | undefined;
  #offset = 0;

  push(chunk: Buffer): LocatedNalUnit[] {
    const nalUnits: LocatedNalUnit[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#paddingAt !== undefined) {
        if (withoutTrailingZeros(chunk, at, chunk.length) > at) throw brokenChain(this.#paddingAt);
        break;
      }
      if (this.#open === undefined) {
        this.#readLengthByte(chunk[at] as number, this.#offset + at);
        at++;
        continue;
      }
      const end = Math.min(chunk.length, at + this.#missing);
      if (this.#missing === this.#length) {
        checkHeader(chunk[at] as number, this.#length, this.#open.offset);
      }
      this.#open.add(chunk.subarray(at, end));
      this.#missing -= end - at;
      at = end;
      if (this.#missing > 0) continue;
      nalUnits.push(...this.#open.close());
      this.#open = undefined;
      this.#length = 0;
    }
    this.#offset += chunk.length;
    return nalUnits;
  }

  /** A NAL unit that was cut short by the end is left out, as a torn write is. */
  end(): LocatedNalUnit[] {
    return [];
  }

  #readLengthByte(byte: number, offset: number): void {
    this.#length = this.#length * 256 + byte;
    this.#lengthBytes++;
    if (this.#lengthBytes < 4) return;
    const start = offset - 3;
    if (this.#length === 0) {
      this.#paddingAt = start;
      return;
    }
    if (this.#length > MAX_NAL_UNIT_BYTES) throw tooLarge(start);
    this.#open = new OpenNalUnit(start);
    this.#missing = this.#length;
    this.#lengthBytes = 0;
  }
}

function checkHeader(header: number, length: number, offset: number): void {
  const fits = length > 1 || isWholeInOneByte(header);
  if (!fits || !isPlausibleHeader(header)) throw brokenChain(offset);
}

function tooLarge(offset: number): CamrecError {
  const limit = MAX_NAL_UNIT_BYTES / 1024 / 1024;
  return new CamrecError(
    'STREAM_UNSUPPORTED',
    `The NAL unit at byte ${offset} is larger than ${limit} MiB: this is no H.264 stream, or a damaged one`,
    { hint: OTHER_ENGINE_HINT },
  );
}

function brokenChain(offset: number): CamrecError {
  return new CamrecError(
    'STREAM_UNSUPPORTED',
    `The stream has length-prefixed NAL units, but no valid one at byte ${offset}`,
    { hint: OTHER_ENGINE_HINT },
  );
}
