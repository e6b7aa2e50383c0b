/**
 * Holds the samples that a reader finds in the MP4 against the pictures of the raw stream: bytes, key flag, time.
 */
import { SAMPLE_LENGTH_BYTES } from '../h264/avc-configuration.js';
import type { CodedPicture } from '../h264/coded-picture.js';
import { timesInOutputOrder } from '../mp4/pending-picture.js';
import type { ReadMovie } from '../mp4/read-moov.js';
import { sampleAt } from '../mp4/read-samples.js';
import type { RawReader } from '../readback/raw-reader.js';
import type { PacketRow } from '../recording/packet-pipeline.js';

/** A part of the MP4, read from its own tables. */
export interface CheckedPart {
  readonly name: string;
  readonly movie: ReadMovie;
  readonly file: RawReader;
}

interface QueuedPicture {
  readonly part: CheckedPart | undefined;
  readonly index: number;
  readonly picture: CodedPicture<PacketRow>;
}

/** Device times and ticks of one part, in decoding order. */
interface PartTimes {
  readonly device: number[];
  readonly ticks: number[];
}

export class SampleChecker {
  readonly #parts: readonly CheckedPart[];
  readonly #times: PartTimes[] = [];
  #queue: QueuedPicture[] = [];
  #pendingBytes = 0;
  #fault: string | undefined;
  #checked = 0;

  /** `parts` in order. */
  constructor(parts: readonly CheckedPart[]) {
    this.#parts = parts;
  }

  /** Bytes of pictures that wait. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Samples that are as they should be. */
  get checked(): number {
    return this.#checked;
  }

  /** Takes the next picture, in decoding order. */
  add(picture: CodedPicture<PacketRow>): void {
    if (picture.newDescription !== undefined) this.#times.push({ device: [], ticks: [] });
    const part = this.#parts[this.#times.length - 1];
    const times = this.#times.at(-1);
    const index = times?.device.length ?? 0;
    times?.device.push(picture.tag.timestampMs);
    this.#queue.push({ part, index, picture });
    for (const nalUnit of picture.nalUnits) this.#pendingBytes += nalUnit.length;
  }

  /** Compares what waits. */
  async flush(): Promise<void> {
    const queue = this.#queue;
    this.#queue = [];
    this.#pendingBytes = 0;
    for (const queued of queue) {
      if (this.#fault !== undefined) return;
      this.#fault = await this.#check(queued);
      if (this.#fault === undefined) this.#checked += 1;
    }
  }

  /**
   * What is wrong, as a sentence; nothing where every sample is as it should be. `clockFaults`: how many pictures the
   * manifest says had times that could not be taken as they were. Call when all pictures have been added.
   */
  async verdict(clockFaults: number): Promise<string | undefined> {
    await this.flush();
    if (this.#fault !== undefined) return this.#fault;
    for (const [number, part] of this.#parts.entries()) {
      const pictures = this.#times[number]?.device.length ?? 0;
      const { count } = part.movie.samples;
      if (count !== pictures) return `${part.name} has ${count} samples for ${pictures} pictures`;
    }
    let deviations = 0;
    for (const [number, part] of this.#parts.entries()) {
      const times = this.#times[number];
      if (times !== undefined) deviations += deviatingSteps(times, part.movie.timescale);
    }
    // A picture that stands elsewhere spoils the step to it and the step from it. One that is shown after a reordered one
    // although its time is earlier has pushed that from its place, too.
    if (deviations <= 3 * clockFaults) return undefined;
    return `${deviations} pictures are not as far from the one before as their device times are`;
  }

  async #check({ part, index, picture }: QueuedPicture): Promise<string | undefined> {
    if (part === undefined) return 'there are more parts in the stream than files';
    const sample = sampleAt(part.movie.samples, index);
    const name = `sample ${index + 1} of ${part.name}`;
    if (sample === undefined) return `${name} is missing`;
    const { nalUnits, key } = picture;
    const size = nalUnits.reduce((sum, nalUnit) => sum + SAMPLE_LENGTH_BYTES + nalUnit.length, 0);
    if (sample.size !== size) return `${name} has ${sample.size} bytes instead of ${size}`;
    if (sample.key !== key) return `${name} is ${key ? 'not ' : ''}marked as a key picture`;
    this.#times[this.#parts.indexOf(part)]?.ticks.push(
      sample.decodeTime + sample.compositionOffset,
    );
    const bytes =
      part.file.view(sample.offset, size) ?? (await part.file.read(sample.offset, size));
    return holds(bytes, nalUnits) ? undefined : `${name} has other bytes than its picture`;
  }
}

/** Whether a sample consists of these NAL units. */
function holds(bytes: Buffer, nalUnits: readonly Uint8Array[]): boolean {
  let at = 0;
  for (const nalUnit of nalUnits) {
    const start = at + SAMPLE_LENGTH_BYTES;
    if (bytes.readUInt32BE(at) !== nalUnit.length) return false;
    if (!bytes.subarray(start, start + nalUnit.length).equals(nalUnit)) return false;
    at = start + nalUnit.length;
  }
  return at === bytes.length;
}

/** How many pictures, in output order, do not follow the one before by the difference of their device times. */
function deviatingSteps({ device, ticks }: PartTimes, timescale: number): number {
  const ticksPerMs = timescale / 1000;
  const shown = ticks.toSorted((a, b) => a - b);
  const times = timesInOutputOrder(device, ticks);
  let deviations = 0;
  for (let index = 1; index < shown.length; index += 1) {
    const step = (shown[index] ?? 0) - (shown[index - 1] ?? 0);
    const deviceStep = (times[index] ?? 0) - (times[index - 1] ?? 0);
    if (step <= 0 || Math.abs(step - deviceStep * ticksPerMs) > 0.5) deviations += 1;
  }
  return deviations;
}
