import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { packetKind } from '../../src/lib/h264/classify.js';
import { splitNalUnits } from '../../src/lib/h264/nal-units.js';
import { PacketPipeline } from '../../src/lib/recording/packet-pipeline.js';
import { slice } from '../support/h264-builder.js';
import { MemorySink } from '../support/memory-sink.js';

/** A payload and its device time. */
type Sent = readonly [payload: Buffer, timestampMs: number];

async function recorded(packets: readonly Sent[], lose: readonly number[] = []) {
  const sink = new MemorySink();
  const pipeline = new PacketPipeline({
    openPart: () => sink,
    startedAtMs: 0,
    inheritedParameterSets: [],
  });
  packets.forEach(([payload, timestampMs], sequence) => {
    if (lose.includes(sequence)) return;
    const split = splitNalUnits(payload);
    const kind = packetKind(split.nalUnits);
    const size = payload.length;
    pipeline.push({ sequence, timestampMs, arrivalMs: timestampMs, kind, size }, split);
  });
  const { frames } = await pipeline.finish();
  return { frames, mp4: sink.bytes().toString('latin1') };
}

describe('a picture in several packets', () => {
  /** The sample's sets and first pictures, without what else stands in front of the slices. */
  let whole: Sent[] = [];
  beforeAll(async () => {
    const sample = await readFile(new URL('../../assets/sample-4x3.h264', import.meta.url));
    const { nalUnits } = splitNalUnits(sample.subarray(0, 60_000));
    const code = Buffer.of(0, 0, 0, 1);
    whole = nalUnits
      .filter((nalUnit) => [1, 5, 7, 8].includes((nalUnit[0] ?? 0) & 31))
      .slice(0, 6)
      .map((nalUnit, i) => [Buffer.concat([code, nalUnit]), i < 2 ? 0 : 1000 + 100 * i]);
  });

  /** The same with its fourth packet in parts. */
  function cutAt(...places: number[]): Sent[] {
    return whole.flatMap(([payload, time], i): Sent[] => {
      if (i !== 3) return [[payload, time]];
      const ends = [...places, payload.length];
      return ends.map((end, k) => [payload.subarray(k === 0 ? 0 : places[k - 1], end), time]);
    });
  }

  it('may be cut anywhere behind its slice header', async () => {
    const expected = await recorded(whole);
    expect(expected.frames).toBe(4);
    const length = whole[3]?.[0].length ?? 0;
    expect(length).toBeGreaterThan(100);
    for (let at = 16; at < length; at++) {
      const same = (await recorded(cutAt(at))).mp4 === expected.mp4;
      expect(same, `cut at ${at}`).toBe(true);
    }
    const everywhere = Array.from({ length: length - 16 }, (_, i) => 16 + i);
    expect(await recorded(cutAt(...everywhere))).toEqual(expected);
  });

  it('may be cut among zeros, and inside a start code', async () => {
    const [payload, time] = whole[3] ?? [Buffer.alloc(0), 0];
    const zeros = Buffer.of(0, 0, 3, 0, 0, 3, 1);
    const second = Buffer.concat([Buffer.of(0, 0, 0, 1), slice({ frameNum: 1, firstMb: 40 })]);
    const long = Buffer.concat([payload, zeros, second]);
    const packetsWith = (parts: readonly Buffer[]): Sent[] =>
      whole.flatMap((one, i): Sent[] => (i === 3 ? parts.map((part) => [part, time]) : [one]));
    const expected = await recorded(packetsWith([long]));
    for (let at = payload.length; at < payload.length + zeros.length + 4; at++) {
      const parts = [long.subarray(0, at), long.subarray(at)];
      const same = (await recorded(packetsWith(parts))).mp4 === expected.mp4;
      expect(same, `cut at ${at}`).toBe(true);
    }
  });

  it('takes no bytes of another time, or behind a lost packet, for the rest of it', async () => {
    const garbage = Buffer.alloc(500, 0xab);
    const expected = await recorded(whole);
    const otherTime = whole.toSpliced(4, 0, [garbage, 0]);
    expect(await recorded(otherTime)).toEqual(expected);
    const time = whole[3]?.[1] ?? 0;
    const lost = whole.toSpliced(4, 0, [garbage, time], [garbage, time]);
    expect(await recorded(lost, [4])).toEqual(expected);
  });
});
