/**
 * Fields and child boxes of a box that somebody else wrote: bounded, and never throwing.
 */

/** Reads fields one after the other. Past the end they are 0 and `overrun` is set. */
export class FieldReader {
  /** More was read than there is. */
  overrun = false;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes that have not been read. */
  get left(): number {
    return this.#view.byteLength - this.#at;
  }

  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#view.getUint8(at);
  }

  u16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#view.getUint16(at);
  }

  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getUint32(at);
  }

  i32(): number {
    return this.u32() | 0;
  }

  /** Exact up to 2^53. */
  u64(): number {
    return this.u32() * 0x1_0000_0000 + this.u32();
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  #take(bytes: number): number {
    if (bytes > this.left) {
      this.overrun = true;
      return -1;
    }
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}

/** A box inside another one. */
export interface ChildBox {
  readonly type: string;
  /** What follows size and type. A view. */
  readonly body: Uint8Array;
}

/** Children of one box that are looked at: ours have at most ten. */
const MAX_CHILDREN = 256;

/** The boxes that `body` consists of; undefined if it does not consist of whole boxes. */
export function childBoxes(body: Uint8Array): ChildBox[] | undefined {
  const children: ChildBox[] = [];
  let rest = body;
  while (rest.length > 0) {
    const fields = new FieldReader(rest);
    const size = fields.u32();
    if (fields.overrun || size < 8 || size > rest.length) return undefined;
    if (children.length === MAX_CHILDREN) return undefined;
    children.push({ type: boxType(rest), body: rest.subarray(8, size) });
    rest = rest.subarray(size);
  }
  return children;
}

/** The body of the first child of that type. */
export function childOf(body: Uint8Array | undefined, type: string): Uint8Array | undefined {
  return body && childBoxes(body)?.find((child) => child.type === type)?.body;
}

/** Four characters at byte 4 of a box. */
export function boxType(header: Uint8Array): string {
  return String.fromCharCode(...header.subarray(4, 8));
}
