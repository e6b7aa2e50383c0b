/**
 * Reads the bits of a NAL unit (ISO/IEC 14496-10, 7.2, 7.3.1 and 9.1). Emulation prevention bytes are skipped on
 * the way. Errors stick: after the first one every read gives 0, so that a parser runs to its end with bounded
 * loops and asks once whether all went well. Nothing throws, nothing reads past the end.
 */

/** The greatest value of an unsigned Exp-Golomb code of 32 bits. */
const MAX_UE = 0xffff_fffe;

/** The greatest magnitude of a signed one: -2^31 is none of its values. */
const MAX_SE = 0x7fff_ffff;

export class BitReader {
  readonly #bytes: Uint8Array;
  #next: number;
  #current = 0;
  #bitsLeft = 0;
  #zeros = 0;
  #failure: string | undefined;

  /** Starts at the byte `from`; 1 is the byte after the header. */
  constructor(nalUnit: Uint8Array, from = 1) {
    this.#bytes = nalUnit;
    this.#next = from;
  }

  /** What went wrong first, in the standard's names; nothing where all reads were good. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Records that something is wrong; the first reason is kept and every later read gives 0. */
  fail(reason: string): void {
    this.#failure ??= reason;
    this.#next = this.#bytes.length;
    this.#bitsLeft = 0;
  }

  /** Fails with `name` unless `holds`. */
  expect(name: string, holds: boolean): void {
    if (!holds) this.fail(`${name} is out of range`);
  }

  /** u(1). */
  bit(): number {
    if (this.#bitsLeft === 0 && !this.#load()) return 0;
    this.#bitsLeft--;
    return (this.#current >> this.#bitsLeft) & 1;
  }

  /** u(1) as a flag. */
  flag(): boolean {
    return this.bit() === 1;
  }

  /** u(n), n up to 32. */
  bits(count: number): number {
    return this.#append(0, count);
  }

  /** ue(v), which must not exceed `max`. */
  ue(name: string, max = MAX_UE): number {
    let leadingZeros = 0;
    while (this.bit() === 0) {
      leadingZeros++;
      if (leadingZeros > 32 || this.#failure !== undefined) {
        this.fail(`${name} is no Exp-Golomb code`);
        return 0;
      }
    }
    const value = this.#append(1, leadingZeros) - 1;
    if (value > max) this.fail(`${name} is out of range`);
    return this.#failure === undefined ? value : 0;
  }

  /** se(v), which must lie within `min` and `max`. */
  se(name: string, min = -MAX_SE, max = MAX_SE): number {
    const code = this.ue(name);
    const value = code % 2 === 1 ? (code + 1) / 2 : -(code / 2);
    if (value < min || value > max) this.fail(`${name} is out of range`);
    // Adding 0 turns the -0 of an even code 0 into 0.
    return this.#failure === undefined ? value + 0 : 0;
  }

  /** more_rbsp_data(): whether anything stands before the last set bit, which is the stop bit. */
  moreData(): boolean {
    if (this.#failure !== undefined) return false;
    let last = this.#bytes.length - 1;
    while (last >= 0 && this.#bytes[last] === 0) last--;
    const byteNow = this.#bitsLeft === 0 ? this.#next : this.#next - 1;
    if (byteNow !== last) return byteNow < last;
    const stopBit = Math.log2((this.#bytes[last] as number) & -(this.#bytes[last] as number));
    const bitsLeft = this.#bitsLeft === 0 ? 8 : this.#bitsLeft;
    return bitsLeft - 1 > stopBit;
  }

  /** `value` with `count` more bits behind it; 0 after a failure. */
  #append(value: number, count: number): number {
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return this.#failure === undefined ? value : 0;
  }

  #load(): boolean {
    let byte = this.#bytes[this.#next];
    if (byte === 3 && this.#zeros >= 2) {
      this.#next++;
      this.#zeros = 0;
      byte = this.#bytes[this.#next];
    }
    if (byte === undefined) {
      this.fail('it ends too early');
      return false;
    }
    this.#next++;
    this.#zeros = byte === 0 ? this.#zeros + 1 : 0;
    this.#current = byte;
    this.#bitsLeft = 8;
    return true;
  }
}
