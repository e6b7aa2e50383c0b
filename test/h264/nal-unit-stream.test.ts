import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NAL_UNIT_BYTES } from '../../src/lib/h264/limits.js';
import {
  AnnexBStream,
  LengthPrefixedStream,
  type NalUnitStream,
} from '../../src/lib/h264/nal-unit-stream.js';
import { splitNalUnits } from '../../src/lib/h264/nal-units.js';
import { annexB, idrAndSets, lengthPrefixed, otherNalUnit } from '../support/h264-builder.js';

/** What comes out of a stream in these chunks: offset and bytes of each NAL unit. */
function run(stream: NalUnitStream, chunks: readonly Buffer[]): string[] {
  const located = [...chunks.flatMap((chunk) => stream.push(chunk)), ...stream.end()];
  return located.map(({ offset, nalUnit }) => `${offset} ${Buffer.from(nalUnit).toString('hex')}`);
}

function chunksOf(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

const annexBBytes = Buffer.concat([
  Buffer.of(9, 0),
  annexB(idrAndSets),
  Buffer.alloc(5),
  annexB([otherNalUnit(0x41, 9), Buffer.alloc(0), otherNalUnit(0x41, 3)], 3),
  Buffer.alloc(4),
]);

describe('AnnexBStream', () => {
  const whole = run(new AnnexBStream(), [annexBBytes]);

  it('finds what splitNalUnits finds, and where', () => {
    expect(whole.map((line) => line.split(' ')[1])).toEqual(
      splitNalUnits(annexBBytes).nalUnits.map((one) => Buffer.from(one).toString('hex')),
    );
    for (const line of whole) {
      const offset = Number(line.split(' ')[0]);
      expect([...annexBBytes.subarray(offset, offset + 3)]).toEqual([0, 0, 1]);
    }
  });

  it('finds the same in two chunks, split at every byte, and in chunks of every size', () => {
    for (let at = 0; at <= annexBBytes.length; at++) {
      const halves = [annexBBytes.subarray(0, at), annexBBytes.subarray(at)];
      expect(run(new AnnexBStream(), halves)).toEqual(whole);
      if (at > 0) expect(run(new AnnexBStream(), chunksOf(annexBBytes, at))).toEqual(whole);
    }
  });

  it('finds the same in any chunks of any bytes', () => {
    const bytes = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 0x41), { maxLength: 60 });
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(60), { maxLength: 6 }), (values, cuts) => {
        const stream = Buffer.of(0, 0, 0, 1, ...values);
        const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const chunks = places.slice(1).map((end, i) => stream.subarray(places[i], end));
        const found = run(new AnnexBStream(), chunks).map((line) => line.split(' ')[1]);
        expect(found).toEqual(
          splitNalUnits(stream).nalUnits.map((one) => Buffer.from(one).toString('hex')),
        );
      }),
    );
  });

  it('gives views of the chunk, but for what straddles two', () => {
    const bytes = annexB(idrAndSets);
    const stream = new AnnexBStream();
    const [inside] = stream.push(bytes);
    expect(inside?.nalUnit.buffer).toBe(bytes.buffer);
  });

  it('does not keep zeros without end', () => {
    const stream = new AnnexBStream();
    stream.push(annexB([otherNalUnit(0x41)]));
    const zeros = Buffer.alloc(4 * 1024 * 1024);
    for (let i = 0; i < MAX_NAL_UNIT_BYTES / zeros.length + 2; i++) stream.push(zeros);
    expect(stream.end()).toHaveLength(1);
  });

  it('refuses a NAL unit beyond all measure', () => {
    const stream = new AnnexBStream();
    stream.push(annexB([otherNalUnit(0x41)]));
    const filling = Buffer.alloc(16 * 1024 * 1024, 0x55);
    for (let i = 0; i < 3; i++) stream.push(filling);
    expect(() => stream.push(filling)).toThrow(
      expect.objectContaining({
        code: 'STREAM_UNSUPPORTED',
        hint: expect.stringContaining('ffmpeg'),
      }),
    );
  });
});

describe('LengthPrefixedStream', () => {
  const bytes = lengthPrefixed([...idrAndSets, otherNalUnit(0x41, 300)]);
  const whole = run(new LengthPrefixedStream(), [bytes]);

  it('finds the same in two chunks, split at every byte', () => {
    expect(whole).toHaveLength(idrAndSets.length + 1);
    for (let at = 0; at <= bytes.length; at++) {
      const halves = [bytes.subarray(0, at), bytes.subarray(at)];
      expect(run(new LengthPrefixedStream(), halves)).toEqual(whole);
    }
    expect(run(new LengthPrefixedStream(), chunksOf(bytes, 1))).toEqual(whole);
  });

  it('leaves out zeros behind the last NAL unit, however many and wherever they are split', () => {
    for (const zeros of [1, 4, 5, 1023, 70_000]) {
      const padded = Buffer.concat([bytes, Buffer.alloc(zeros)]);
      expect(run(new LengthPrefixedStream(), [padded])).toEqual(whole);
      expect(run(new LengthPrefixedStream(), chunksOf(padded, 7))).toEqual(whole);
    }
  });

  it('leaves out a last NAL unit that is cut short', () => {
    expect(run(new LengthPrefixedStream(), [bytes.subarray(0, -1)])).toEqual(whole.slice(0, -1));
  });

  it.each([
    ['a length of 0', Buffer.of(0, 0, 0, 0, 0x41)],
    ['a length beyond all measure', Buffer.of(0x7f, 0, 0, 0, 0x41)],
    ['a header that cannot be', Buffer.of(0, 0, 0, 9, 0xff)],
  ])('refuses %s, by its place', (_name, broken) => {
    const stream = new LengthPrefixedStream();
    expect(() => stream.push(Buffer.concat([bytes, broken]))).toThrow(
      expect.objectContaining({
        code: 'STREAM_UNSUPPORTED',
        message: expect.stringContaining(`at byte ${bytes.length}`),
      }),
    );
  });
});
