/** Writes the bits of a NAL unit, emulation prevention included: the counterpart of the reader under test. */
export class BitWriter {
  readonly #bits: number[] = [];

  /** u(n). */
  u(count: number, value: number): this {
    for (let i = count - 1; i >= 0; i--) this.#bits.push(Math.floor(value / 2 ** i) % 2);
    return this;
  }

  flag(value: boolean): this {
    return this.u(1, value ? 1 : 0);
  }

  ue(value: number): this {
    const bits = Math.floor(Math.log2(value + 1));
    return this.u(bits, 0).u(bits + 1, value + 1);
  }

  se(value: number): this {
    return this.ue(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** Any bytes, from the next bit on. */
  bytes(values: Iterable<number>): this {
    for (const value of values) this.u(8, value);
    return this;
  }

  /** The NAL unit: header byte, these bits, stop bit, filled to whole bytes. */
  nalUnit(header: number): Buffer {
    const bits = [...this.#bits, 1];
    while (bits.length % 8 !== 0) bits.push(0);
    const payload: number[] = [];
    for (let i = 0; i < bits.length; i += 8) {
      payload.push(Number.parseInt(bits.slice(i, i + 8).join(''), 2));
    }
    return Buffer.of(header, ...withEmulationPrevention(payload));
  }
}

function withEmulationPrevention(payload: readonly number[]): number[] {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of payload) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out;
}
