/** What the tests of whole streams ask about the pictures of one. */
import type { CodedPicture, VideoDescription } from '../../src/lib/h264/coded-picture.js';
import { type AssemblerOutput, PictureAssembler } from '../../src/lib/h264/picture-assembler.js';

/** All that comes out of these payloads; tags are their numbers. */
export function assemble(payloads: readonly Uint8Array[]): AssemblerOutput<number>[] {
  const assembler = new PictureAssembler<number>();
  return [
    ...payloads.flatMap((payload, tag) => assembler.push(payload, tag)),
    ...assembler.flush(),
  ];
}

/** The pictures of a stream in which everything can be described; anything else is an error. */
export function pictures(outputs: readonly AssemblerOutput<number>[]): CodedPicture<number>[] {
  return outputs.map((output) => {
    if (output.type !== 'picture') throw new Error(`a picture is ${JSON.stringify(output)}`);
    return output.picture;
  });
}

export function descriptions(list: readonly CodedPicture<number>[]): VideoDescription[] {
  return list.flatMap(({ newDescription }) => newDescription ?? []);
}

/** The place of each picture in output order, from 0. */
export function outputRanks(list: readonly CodedPicture<number>[]): number[] {
  const sorted = [...list].sort(
    (a, b) => a.order.epoch - b.order.epoch || a.order.count - b.order.count,
  );
  return list.map((picture) => sorted.indexOf(picture));
}

/** The place of each value among all of them, from 0. */
export function ranks(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return values.map((value) => sorted.indexOf(value));
}

/** The most pictures that in fact precede one in decoding order and follow it in output order. */
export function reorderDepth(outputRanks: readonly number[]): number {
  return Math.max(
    ...outputRanks.map((rank, i) => outputRanks.slice(0, i).filter((other) => other > rank).length),
  );
}
