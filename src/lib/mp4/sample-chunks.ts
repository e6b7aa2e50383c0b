/**
 * Samples as pieces of memory for one vectored write: each NAL unit behind its length (ISO/IEC 14496-15, 5.3.4.2.1).
 */
import { SAMPLE_LENGTH_BYTES } from '../h264/avc-configuration.js';

/** Below this, copying a NAL unit costs less than one more entry of a vectored write. */
const COPY_BELOW_BYTES = 1024;

/** A start code of four bytes, as a number. */
const START_CODE = 1;

/** The NAL units of one sample, without start codes. */
export interface SampleContents {
  readonly nalUnits: readonly Uint8Array[];
}

/** Lengths and NAL units behind the header, with neighbouring small pieces joined. The NAL units stay as they are. */
export function chunksOf(header: Uint8Array, samples: readonly SampleContents[]): Uint8Array[] {
  const joined = new Uint8Array(joinedBytes(samples));
  const view = new DataView(joined.buffer);
  const chunks = [header];
  let begin = 0;
  let end = 0;
  for (const { nalUnits } of samples) {
    for (const nalUnit of nalUnits) {
      view.setUint32(end, nalUnit.length);
      end += SAMPLE_LENGTH_BYTES;
      if (nalUnit.length < COPY_BELOW_BYTES) {
        joined.set(nalUnit, end);
        end += nalUnit.length;
      } else {
        chunks.push(joined.subarray(begin, end), nalUnit);
        begin = end;
      }
    }
  }
  if (end > begin) chunks.push(joined.subarray(begin, end));
  return chunks;
}

function joinedBytes(samples: readonly SampleContents[]): number {
  let bytes = 0;
  for (const { nalUnits } of samples) {
    for (const nalUnit of nalUnits) {
      bytes += SAMPLE_LENGTH_BYTES + (nalUnit.length < COPY_BELOW_BYTES ? nalUnit.length : 0);
    }
  }
  return bytes;
}

/**
 * Lengths written over start codes. In memory that a file was read into, nobody needs a start code once its NAL unit has
 * been found, and behind start codes of four bytes NAL units that follow each other in the file do so as samples: then
 * a fragment is one piece instead of two for each picture.
 */
export class InPlaceChunks {
  readonly #memory: ArrayBufferLike;
  readonly #view: DataView;

  constructor(memory: ArrayBufferLike) {
    this.#memory = memory;
    this.#view = new DataView(memory);
  }

  /** As `chunksOf`, where all NAL units lie in the memory behind such start codes; else nothing, and nothing is changed. */
  of(header: Uint8Array, samples: readonly SampleContents[]): Uint8Array[] | undefined {
    if (!this.#canTake(samples)) return undefined;
    const chunks = [header];
    let begin = 0;
    let end = 0;
    for (const { nalUnits } of samples) {
      for (const nalUnit of nalUnits) {
        const at = nalUnit.byteOffset - SAMPLE_LENGTH_BYTES;
        if (at !== end) {
          if (end > begin) chunks.push(new Uint8Array(this.#memory, begin, end - begin));
          begin = at;
        }
        this.#view.setUint32(at, nalUnit.length);
        end = nalUnit.byteOffset + nalUnit.length;
      }
    }
    if (end > begin) chunks.push(new Uint8Array(this.#memory, begin, end - begin));
    return chunks;
  }

  #canTake(samples: readonly SampleContents[]): boolean {
    for (const { nalUnits } of samples) {
      for (const nalUnit of nalUnits) {
        const at = nalUnit.byteOffset - SAMPLE_LENGTH_BYTES;
        if (nalUnit.buffer !== this.#memory || at < 0) return false;
        if (this.#view.getUint32(at) !== START_CODE) return false;
      }
    }
    return true;
  }
}
