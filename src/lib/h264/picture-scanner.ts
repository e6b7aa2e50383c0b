/**
 * Finds the pictures of a raw stream that has no index, from its bytes alone, however long it is: memory is bounded
 * by a few chunks and one picture.
 */
import { CamrecError } from '../base/errors.js';
import { foreignFormat, notH264 } from './foreign-formats.js';
import {
  AnnexBStream,
  LengthPrefixedStream,
  type LocatedNalUnit,
  type NalUnitStream,
  OTHER_ENGINE_HINT,
} from './nal-unit-stream.js';
import { type AssemblerOutput, PictureAssembler } from './picture-assembler.js';
import { asBuffer } from './start-codes.js';
import { streamFraming } from './stream-framing.js';

/** Bytes from which the kind of the stream is judged. */
export const HEAD_BYTES = 64 * 1024;

/**
 * Yields what `PictureAssembler` makes of the stream; the tag is the byte offset of the start code (or length) of
 * the picture's first slice. Chunks of 1 to 4 MiB suit best and must not be reused while pictures made of them are
 * in use. Throws CamrecError STREAM_UNSUPPORTED where the stream is no H.264, or has a NAL unit beyond all measure.
 */
export async function* scanPictures(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<AssemblerOutput<number>, void, undefined> {
  const assembler = new PictureAssembler<number>();
  let stream: NalUnitStream | undefined;
  let bytes = 0;
  let outputs = 0;
  for await (const chunk of withHead(chunks)) {
    stream ??= streamFor(chunk);
    bytes += chunk.length;
    for (const output of assemble(assembler, stream.push(chunk))) {
      outputs++;
      yield output;
    }
  }
  if (stream === undefined) return;
  for (const output of [...assemble(assembler, stream.end()), ...assembler.flush()]) {
    outputs++;
    yield output;
  }
  if (outputs === 0 && assembler.parameterSetsInForce.length === 0) {
    throw new CamrecError('STREAM_UNSUPPORTED', `There is no H.264 in these ${bytes} bytes`, {
      hint: OTHER_ENGINE_HINT,
    });
  }
}

function* assemble(
  assembler: PictureAssembler<number>,
  nalUnits: readonly LocatedNalUnit[],
): Generator<AssemblerOutput<number>> {
  for (const { nalUnit, offset } of nalUnits) {
    yield* assembler.push([nalUnit], offset);
  }
}

function streamFor(head: Buffer): NalUnitStream {
  const foreign = foreignFormat(head);
  if (foreign !== undefined) throw notH264(foreign);
  return streamFraming(head) === 'annex-b' ? new AnnexBStream() : new LengthPrefixedStream();
}

/** The same bytes, with small chunks in front joined to one that is large enough to judge by. Never yields an empty one. */
async function* withHead(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let head: Buffer[] | undefined = [];
  let headBytes = 0;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    if (head === undefined) {
      yield asBuffer(chunk);
      continue;
    }
    head.push(asBuffer(chunk));
    headBytes += chunk.length;
    if (headBytes < HEAD_BYTES) continue;
    yield head.length === 1 ? asBuffer(chunk) : Buffer.concat(head);
    head = undefined;
  }
  if (head !== undefined && headBytes > 0) yield Buffer.concat(head);
}
