import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CodedPicture } from '../../src/lib/h264/coded-picture.js';
import { MovieWriter } from '../../src/lib/mp4/movie-writer.js';
import { readMp4 } from '../../src/lib/mp4/read-file.js';
import type { ReadMovie } from '../../src/lib/mp4/read-moov.js';
import { MemorySink } from '../support/memory-sink.js';
import { CREATION_TIME_MS, noFaults, record } from '../support/mp4-clips.js';
import { videoDescription } from '../support/video-description.js';

describe('MovieWriter', () => {
  function picture(index: number): CodedPicture<undefined> {
    return {
      nalUnits: [Uint8Array.of(0x65, index)],
      key: true,
      order: { epoch: index, count: 0 },
      tag: undefined,
      newDescription: index === 0 ? videoDescription : undefined,
    };
  }

  it('makes nothing of nothing', async () => {
    const writer = new MovieWriter({
      creationTimeMs: 0,
      openPart() {
        throw new Error('no part is needed');
      },
    });
    expect(await writer.finish()).toMatchObject({ parts: [], frames: 0, durationMs: 0 });
  });

  it('rejects when the file cannot be written, and says so before', async () => {
    const sink = new MemorySink();
    const writer = new MovieWriter({ creationTimeMs: 0, openPart: () => sink });
    for (let index = 0; index < 20; index++) writer.add(picture(index), index * 100, undefined);
    sink.failure = new Error('the disk is full');
    await expect(writer.finish()).rejects.toThrow('the disk is full');
    await expect(writer.finish()).rejects.toThrow('the disk is full');
    expect(writer.failure).toBe(sink.failure);
  });

  it('keeps going, and rejects, when a part cannot be opened', async () => {
    const refused = new Error('there is such a file');
    const writer = new MovieWriter({
      creationTimeMs: 0,
      openPart() {
        throw refused;
      },
    });
    for (let index = 0; index < 20; index++) writer.add(picture(index), index * 100, undefined);
    expect(writer.failure).toBe(refused);
    await expect(writer.finish()).rejects.toBe(refused);
  });

  it('does not mind times that are no times', async () => {
    const sink = new MemorySink();
    const writer = new MovieWriter({ creationTimeMs: 0, openPart: () => sink });
    const times = [5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 60), 1e300, 0.5];
    for (const [index, time] of times.entries()) writer.add(picture(index), time, undefined);
    const summary = await writer.finish();
    expect(summary.frames).toBe(times.length);
    expect(summary.counts).toMatchObject({ repeated: 2, jumps: 4 });
  });

  it('dates each part', async () => {
    const sinks: MemorySink[] = [];
    const writer = new MovieWriter({
      creationTimeMs: CREATION_TIME_MS,
      openPart() {
        const sink = new MemorySink();
        sinks.push(sink);
        return sink;
      },
    });
    for (let index = 0; index < 100; index++) {
      const changed = index === 50 ? { newDescription: { ...videoDescription, width: 32 } } : {};
      writer.add({ ...picture(index), ...changed }, index * 100, undefined);
    }
    await writer.finish();
    const movies = await Promise.all(sinks.map((sink) => movieOf(sink.bytes())));
    expect(movies.map(({ creationTimeMs, width }) => ({ creationTimeMs, width }))).toEqual([
      { creationTimeMs: CREATION_TIME_MS, width: 16 },
      { creationTimeMs: CREATION_TIME_MS + 5000, width: 32 },
    ]);
  });

  it('leaves out what comes after the end', async () => {
    const sink = new MemorySink();
    const writer = new MovieWriter({ creationTimeMs: 0, openPart: () => sink });
    writer.add(picture(0), 0, undefined);
    const finished = writer.finish();
    writer.add(picture(1), 1, undefined);
    expect(await finished).toMatchObject({ frames: 1 });
    const length = sink.length;
    writer.add(picture(2), 2, undefined);
    expect(sink.length).toBe(length);
  });

  it('shows every picture at its own time, however the encoder reorders them', async () => {
    const depth = fc.integer({ min: 0, max: 4 });
    const choices = fc.array(fc.nat(), { minLength: 40, maxLength: 120 });
    const steps = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(depth, choices, steps, async (maxReorderPictures, picks, stepsMs) => {
        const order = [0, ...reorder(picks, maxReorderPictures).map((place) => place + 1)];
        const times = [0];
        for (let place = 1; place < order.length; place++) {
          times.push((times.at(-1) ?? 0) + (stepsMs[place % stepsMs.length] ?? 1));
        }
        const pictures = order.map((place, index) => ({
          ...picture(index),
          key: index === 0,
          order: { epoch: 0, count: place * 2 },
          newDescription: index === 0 ? { ...videoDescription, maxReorderPictures } : undefined,
        }));
        const own = order.map((place) => times[place] ?? 0);
        const { parts, summary } = await record(pictures, own);
        const { samples } = await movieOf(parts[0] ?? Buffer.alloc(0));
        const shown = Array.from(samples.decodeTimes, (time, index) => {
          return (time + (samples.compositionOffsets[index] ?? 0)) / 90;
        });
        expect(shown).toEqual(own.map((time) => time - (times[0] ?? 0)));
        expect(summary.counts).toEqual(noFaults);
      }),
      { numRuns: 60 },
    );
  });

  it('shows B pictures at their own times where the description tells of none', async () => {
    // I0 P2 B1 P4 B3 …, a picture each 100 ms, over several fragments.
    const order = [
      0,
      ...Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? index + 2 : index)),
    ];
    const pictures = order.map((place, index) => ({
      ...picture(index),
      key: index === 0,
      order: { epoch: 0, count: 2 * place },
      newDescription: index === 0 ? { ...videoDescription, maxReorderPictures: 0 } : undefined,
    }));
    const own = order.map((place) => 100 * place);
    const { parts, summary } = await record(pictures, own);
    const { samples } = await movieOf(parts[0] ?? Buffer.alloc(0));
    const shown = Array.from(samples.decodeTimes, (time, index) => {
      return (time + (samples.compositionOffsets[index] ?? 0)) / 90;
    });
    expect(shown).toEqual(own);
    expect(summary.counts).toEqual(noFaults);
  });

  it('says how many bytes wait', () => {
    const writer = new MovieWriter({ creationTimeMs: 0, openPart: () => new MemorySink() });
    writer.add(picture(0), 0, undefined);
    writer.add(picture(1), 100, undefined);
    expect(writer.pendingBytes).toBe(2 * (4 + 2));
  });
});

/**
 * Places in output order, in a decoding order that `picks` choose, such that at most `depth` pictures precede
 * another in decoding order and follow it in output order.
 */
function reorder(picks: readonly number[], depth: number): number[] {
  const waiting = new Set(picks.keys());
  const decoded: number[] = [];
  for (const pick of picks) {
    const next = Math.min(...waiting);
    const ahead = decoded.filter((place) => place > next).length;
    const candidates = [...waiting].slice(0, ahead < depth ? depth + 2 : 1);
    const chosen = candidates[pick % candidates.length] ?? next;
    waiting.delete(chosen);
    decoded.push(chosen);
  }
  return decoded;
}

async function movieOf(bytes: Uint8Array): Promise<ReadMovie> {
  const file = await readMp4({
    length: bytes.length,
    read: async (position, length) => bytes.subarray(position, position + length),
  });
  if (file.state !== 'finished') throw new Error(`the file is ${file.state}`);
  return file.movie;
}
