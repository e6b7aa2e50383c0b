import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HybridMp4Writer, type Sample, sampleSize } from '../../src/lib/mp4/hybrid-writer.js';
import { MemorySink } from '../support/memory-sink.js';
import { topLevelBoxes } from '../support/mp4-golden.js';
import { videoDescription } from '../support/video-description.js';

const header = { description: videoDescription, creationTimeMs: 0 };

function sample(...lengths: number[]): Sample {
  const nalUnits = lengths.map((length, index) => new Uint8Array(length).fill(index + 1));
  const size = sampleSize(nalUnits);
  return { nalUnits, size, duration: 100, compositionOffset: 0, key: true };
}

/** NAL units behind their lengths, as they have to lie in the file. */
function payloadOf(samples: readonly Sample[]): Buffer {
  const pieces = samples.flatMap(({ nalUnits }) =>
    nalUnits.flatMap((nalUnit) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(nalUnit.length);
      return [length, Buffer.from(nalUnit)];
    }),
  );
  return Buffer.concat(pieces);
}

describe('HybridMp4Writer', () => {
  it('begins with everything that fragments need', () => {
    const sink = new MemorySink();
    new HybridMp4Writer(sink, header);
    expect(topLevelBoxes(sink.bytes()).map(({ type }) => type)).toEqual(['ftyp', 'free', 'moov']);
    expect(topLevelBoxes(sink.bytes())[1]?.size).toBe(16);
  });

  it('appends a fragment in one go, whatever the sizes of the NAL units', () => {
    const length = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1020, max: 1030 }));
    const lengths = fc.array(length, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(lengths, { minLength: 1, maxLength: 5 }), (fragment) => {
        const sink = new MemorySink();
        const writer = new HybridMp4Writer(sink, header);
        const before = sink.length;
        const appends = sink.appends;
        const samples = fragment.map((nalUnits) => sample(...nalUnits));
        writer.writeFragment(samples);
        expect(sink.appends).toBe(appends + 1);
        const [moof, mdat] = topLevelBoxes(sink.bytes()).slice(3);
        expect([moof?.at, moof?.type, mdat?.type]).toEqual([before, 'moof', 'mdat']);
        const payload = sink.bytes().subarray((mdat?.at ?? 0) + 8);
        expect(payload.equals(payloadOf(samples))).toBe(true);
      }),
    );
  });

  it('numbers the fragments', () => {
    const sink = new MemorySink();
    const writer = new HybridMp4Writer(sink, header);
    for (let n = 0; n < 3; n += 1) writer.writeFragment([sample(10)]);
    const moofs = topLevelBoxes(sink.bytes()).filter(({ type }) => type === 'moof');
    // Two headers, version and flags stand before it (ISO/IEC 14496-12, 8.8.5).
    expect(moofs.map(({ at }) => sink.bytes().readUInt32BE(at + 20))).toEqual([1, 2, 3]);
  });

  it('hands large NAL units on without a copy', () => {
    const appended: Uint8Array[] = [];
    const sink = new MemorySink();
    const writer = new HybridMp4Writer(sink, header);
    sink.append = (chunks) => {
      appended.push(...chunks);
    };
    const large = sample(50_000);
    writer.writeFragment([large]);
    expect(appended).toContain(large.nalUnits[0]);
  });

  it('writes nothing for a fragment of nothing', () => {
    const sink = new MemorySink();
    const writer = new HybridMp4Writer(sink, header);
    const before = sink.length;
    writer.writeFragment([]);
    expect(sink.length).toBe(before);
  });

  it('ends as an ordinary file in which nothing but the header has changed', async () => {
    const sink = new MemorySink();
    const writer = new HybridMp4Writer(sink, header);
    writer.writeFragment([sample(10), sample(2000)]);
    writer.writeFragment([sample(3)]);
    const before = sink.bytes();
    await writer.finish();
    const after = sink.bytes();
    const [ftyp, mdat, moov, ...rest] = topLevelBoxes(after);
    expect([ftyp?.type, mdat?.type, moov?.type, rest.length]).toEqual(['ftyp', 'mdat', 'moov', 0]);
    expect(moov?.at).toBe(before.length);
    expect((moov?.at ?? 0) + (moov?.size ?? 0)).toBe(after.length);
    expect(after.subarray(0, mdat?.at).equals(before.subarray(0, mdat?.at))).toBe(true);
    const untouched = (mdat?.at ?? 0) + 16;
    expect(after.subarray(untouched, before.length).equals(before.subarray(untouched))).toBe(true);
  });

  it('rewrites the header only once the moov is with the operating system', async () => {
    const events: string[] = [];
    const sink = new MemorySink();
    const writer = new HybridMp4Writer(sink, header);
    writer.writeFragment([sample(10)]);
    sink.append = () => events.push('append');
    sink.overwrite = () => events.push('overwrite');
    sink.flush = async () => {
      await new Promise(setImmediate);
      events.push('flushed');
    };
    await writer.finish();
    expect(events).toEqual(['append', 'flushed', 'overwrite', 'flushed']);
  });

  it('leaves the header alone when the moov cannot be written', async () => {
    const sink = new MemorySink();
    const writer = new HybridMp4Writer(sink, header);
    writer.writeFragment([sample(10)]);
    sink.failure = new Error('the disk is full');
    await expect(writer.finish()).rejects.toBe(sink.failure);
    expect(topLevelBoxes(sink.bytes())[1]?.type).toBe('free');
  });

  it('writes a long moov in slices and lets others have their turn between them', async () => {
    const sink = new MemorySink();
    const writer = new HybridMp4Writer(sink, header);
    const samples = Array.from({ length: 1000 }, (_, index) => ({
      ...sample(1),
      duration: 100 + (index % 2),
    }));
    for (let fragment = 0; fragment < 100; fragment++) writer.writeFragment(samples);
    const moovAt = sink.length;
    const slices: number[] = [];
    const append = sink.append.bind(sink);
    let turns = 0;
    sink.append = (chunks) => {
      slices.push(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      append(chunks);
    };
    const everyTurn = (): void => {
      turns += 1;
      immediate = setImmediate(everyTurn);
    };
    let immediate = setImmediate(everyTurn);
    await writer.finish();
    clearImmediate(immediate);
    expect(slices.length).toBeGreaterThan(4);
    expect(Math.max(...slices)).toBe(256 * 1024);
    expect(turns).toBeGreaterThanOrEqual(slices.length - 1);
    const moov = topLevelBoxes(sink.bytes()).at(-1);
    expect(moov).toEqual({ type: 'moov', at: moovAt, size: sink.length - moovAt });
  });
});
