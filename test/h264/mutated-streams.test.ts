/**
 * Damaged streams: nothing throws, nothing hangs, and the answer does not depend on how the bytes are cut.
 * CAMREC_FUZZ_RUNS asks for more of them than the suite has time for; a failure prints its seed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssemblerOutput } from '../../src/lib/h264/picture-assembler.js';
import { scanPictures } from '../../src/lib/h264/picture-scanner.js';
import { annexB, lengthPrefixed, pps, sei, slice, sps } from '../support/h264-builder.js';
import { assemble } from '../support/h264-pictures.js';
import { sharedStreams } from '../support/tools.js';

const numRuns = Number(process.env['CAMREC_FUZZ_RUNS'] ?? 300);

/** The scanner judges by its first 64 KiB, which it joins: padding in front makes it see each chunk alone. */
const PADDING = Buffer.alloc(64 * 1024);

async function* chunksOf(bytes: Buffer, size: number, padding: Buffer): AsyncGenerator<Uint8Array> {
  yield padding;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function scanned(
  bytes: Buffer,
  size: number,
  padding = Buffer.alloc(0),
): Promise<AssemblerOutput<number>[]> {
  const outputs: AssemblerOutput<number>[] = [];
  for await (const output of scanPictures(chunksOf(bytes, size, padding))) outputs.push(output);
  return outputs;
}

/** One line for each output, without its tag. */
function lines(outputs: readonly AssemblerOutput<number>[]): string[] {
  return outputs.map((output) => {
    if (output.type !== 'picture') return JSON.stringify({ ...output, tag: 0 });
    const { nalUnits, key, order, newDescription } = output.picture;
    const bytes = nalUnits.map((nalUnit) => Buffer.from(nalUnit).toString('base64'));
    return JSON.stringify({ bytes, key, order, newDescription });
  });
}

/** Bytes overwritten, cut out and put in, anywhere behind the first `kept` ones. */
function mutations(stream: Buffer, kept: number): fc.Arbitrary<Buffer> {
  const mutation = fc.record({
    at: fc.integer({ min: kept, max: stream.length - 1 }),
    removed: fc.oneof(fc.constant(1), fc.nat(40)),
    inserted: fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0, 0, 1, 3)), { maxLength: 8 }),
  });
  return fc.array(mutation, { minLength: 1, maxLength: 6 }).map((list) =>
    list.reduce((bytes, { at, removed, inserted }) => {
      const place = Math.min(at, bytes.length);
      const rest = bytes.subarray(place + removed);
      return Buffer.concat([bytes.subarray(0, place), Buffer.from(inserted), rest]);
    }, stream),
  );
}

const high = { profileIdc: 100, scalingLists: true, frameMbsOnly: false };
const built = annexB([
  ...[sps(), sps({ ...high, id: 1 }), pps(), pps({ id: 1, spsId: 1, redundantPicCnt: true })],
  ...[slice({ idr: true }), slice({ frameNum: 1 }), slice({ frameNum: 1, firstMb: 40 })],
  ...[sei(), slice({ idr: true, sps: { ...high, id: 1 }, pps: { id: 1, redundantPicCnt: true } })],
  ...[pps({ cabac: true }), slice({ frameNum: 2, refs: [2], marking: [[1, 0], [5]] })],
]);

async function expectSameAnswer(bytes: Buffer): Promise<void> {
  const whole = lines(assemble([bytes]));
  const found = await scanned(bytes, 17, PADDING).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'STREAM_UNSUPPORTED' });
    return [];
  });
  expect(lines(found)).toEqual(whole);
}

describe('mutated streams', () => {
  it('in Annex B', async () => {
    await fc.assert(fc.asyncProperty(mutations(built, 5), expectSameAnswer), { numRuns });
  });

  it('length-prefixed', async () => {
    const stream = lengthPrefixed([sps(), pps(), slice({ idr: true }), slice({ frameNum: 1 })]);
    const property = fc.asyncProperty(mutations(stream, 0), async (bytes) => {
      expect(assemble([bytes]).length).toBeLessThan(10);
      await scanned(bytes, 13).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'STREAM_UNSUPPORTED' });
      });
    });
    await fc.assert(property, { numRuns });
  });

  it('of no kind at all', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (values) => {
      const bytes = Buffer.from(values);
      expect(assemble([bytes]).length).toBeLessThan(200);
      await scanned(bytes, 11).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'STREAM_UNSUPPORTED' });
      });
    });
    await fc.assert(property, { numRuns });
  });
});

describe.skipIf(sharedStreams === undefined)(
  'mutated shared streams (needs shared streams)',
  () => {
    it.each(['android_encoder_176x144_60fps.h264', 'SVA_FM1_E.264', 'webcodecs_h264.annexb'])(
      '%s',
      async (name) => {
        const stream = readFileSync(join(sharedStreams ?? '', name)).subarray(0, 9000);
        const runs = { numRuns: Math.ceil(numRuns / 10) };
        await fc.assert(fc.asyncProperty(mutations(stream, 5), expectSameAnswer), runs);
      },
    );
  },
);
