/**
 * A list that remembers runs of equal values: durations, composition offsets, samples per chunk.
 */
import { VarintList, type VarintReader } from './varint-list.js';

export class RunList {
  readonly #runs = new VarintList();
  #value = 0;
  #length = 0;

  /** Runs of equal values so far. */
  get runs(): number {
    return this.#runs.count / 2 + (this.#length > 0 ? 1 : 0);
  }

  /** Memory in use. */
  get byteLength(): number {
    return this.#runs.byteLength;
  }

  /** `value`: a whole number, negative allowed. */
  push(value: number): void {
    if (this.#length > 0 && value === this.#value) {
      this.#length += 1;
      return;
    }
    this.#closeRun();
    this.#value = value;
    this.#length = 1;
  }

  /** Reads the runs from the beginning. Nothing may be pushed meanwhile. */
  reader(): RunReader {
    return new RunReader(this.#runs, { value: this.#value, length: this.#length });
  }

  #closeRun(): void {
    if (this.#length === 0) return;
    this.#runs.push(toUnsigned(this.#value));
    this.#runs.push(this.#length);
  }
}

interface Run {
  readonly value: number;
  readonly length: number;
}

export class RunReader {
  /** Of the run that `next` has reached. */
  value = 0;
  length = 0;
  readonly #reader: VarintReader;
  readonly #last: Run;
  #closedLeft: number;

  constructor(closed: VarintList, last: Run) {
    this.#reader = closed.reader();
    this.#closedLeft = closed.count / 2;
    this.#last = last;
  }

  /** Goes to the next run. Past the end it stays at the last one. */
  next(): void {
    if (this.#closedLeft > 0) {
      this.#closedLeft -= 1;
      this.value = toSigned(this.#reader.next());
      this.length = this.#reader.next();
    } else {
      this.value = this.#last.value;
      this.length = this.#last.length;
    }
  }
}

// Small values of either sign become small unsigned ones: 0, -1, 1, -2, …
function toUnsigned(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function toSigned(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
