/**
 * What comes from outside, damaged in every way that chance thinks of, and what has to hold all the same. One list for
 * the short form in the suite and the long form in `npm run test:long`.
 */
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { splitNalUnits } from '../../src/lib/h264/nal-units.js';
import { parsePps } from '../../src/lib/h264/pps.js';
import { parseSliceHeader } from '../../src/lib/h264/slice-header.js';
import { parseSps } from '../../src/lib/h264/sps.js';
import { PacketPipeline } from '../../src/lib/recording/packet-pipeline.js';
import { receivedPacket } from '../../src/lib/recording/received-packet.js';
import type { Disk } from '../../src/lib/storage/disk.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { formatIndexRow, INDEX_HEADER } from '../../src/lib/storage/frame-index.js';
import { readFrameIndex } from '../../src/lib/storage/frame-index-reader.js';
import { parseManifest } from '../../src/lib/storage/manifest.js';
import { decodeCameraMessage } from '../../src/lib/wire/camera-messages.js';
import {
  decodeFramePacket,
  encodeFramePacket,
  FRAME_HEADER_BYTES,
} from '../../src/lib/wire/frame-packet.js';
import { annexB, pps, slice, sps } from './h264-builder.js';
import { testManifest } from './manifests.js';
import { MemorySink } from './memory-sink.js';

export interface FuzzTarget {
  readonly name: string;
  readonly shortRuns: number;
  readonly longRuns: number;
  /** Throws with the seed and the smallest counterexample. */
  run(numRuns: number, seed: number): void | Promise<void>;
}

/** Bytes overwritten, cut out and put in. */
function mutated(original: Uint8Array): fc.Arbitrary<Buffer> {
  const mutation = fc.record({
    at: fc.nat(original.length),
    removed: fc.oneof(fc.constant(0), fc.constant(1), fc.nat(40)),
    inserted: fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0xff)), { maxLength: 6 }),
  });
  return fc.array(mutation, { minLength: 1, maxLength: 5 }).map((list) =>
    list.reduce((bytes, { at, removed, inserted }) => {
      const rest = bytes.subarray(Math.min(at + removed, bytes.length));
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(inserted), rest]);
    }, Buffer.from(original)),
  );
}

const STREAM = annexB([sps({}), pps({}), slice({ idr: true }), slice({ frameNum: 1 })]);

const SETS = [sps({}), sps({ profileIdc: 100, scalingLists: true, vui: { hrd: true } }), pps({})];

const MANIFEST = Buffer.from(JSON.stringify(testManifest()));

const INDEX = Buffer.from(
  INDEX_HEADER +
    Array.from({ length: 8 }, (_, n) =>
      formatIndexRow({
        sequence: n,
        timestampMs: 100 * n,
        arrivalMs: 1e12 + 100 * n,
        offset: 50 * n,
        size: 50,
        kind: n === 0 ? 'config' : 'delta',
      }),
    ).join(''),
);

const MESSAGE = Buffer.from(
  '{"type":"capabilities","deviceModel":"Pixel","sdkInt":35,"resolutions":[{"width":1,"height":2}]}',
);

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'packets',
    shortRuns: 5_000,
    longRuns: 1_000_000,
    run(numRuns, seed) {
      const whole = encodeFramePacket({ timestampMs: 5, sequence: 6, payload: STREAM });
      const messages = fc.oneof(
        fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
        mutated(whole.subarray(0, 40)),
      );
      const check = (message: Buffer) => {
        const decoded = decodeFramePacket(message);
        if (!decoded.ok) return;
        const { timestampMs, sequence, payload } = decoded.packet;
        expect(payload.length).toBe(message.length - FRAME_HEADER_BYTES);
        expect(Number.isSafeInteger(timestampMs) && timestampMs >= 0).toBe(true);
        expect(sequence).toBe(message.readUInt32BE(8));
      };
      fc.assert(fc.property(messages, check), { numRuns, seed });
    },
  },
  {
    name: 'text messages',
    shortRuns: 1_000,
    longRuns: 100_000,
    run(numRuns, seed) {
      const texts = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.json(),
        mutated(MESSAGE).map((bytes) => bytes.toString()),
        fc
          .record({ status: fc.constantFrom('ready', 'error', 'x'), message: fc.anything() })
          .map((value) => safeJson(value)),
      );
      const check = (text: string) => {
        expect(['status', 'capabilities', 'ignored']).toContain(decodeCameraMessage(text).kind);
      };
      fc.assert(fc.property(texts, check), { numRuns, seed });
    },
  },
  {
    name: 'NAL units and parameter sets',
    shortRuns: 2_000,
    longRuns: 200_000,
    run(numRuns, seed) {
      const good = parseSps(SETS[0] ?? Buffer.alloc(0));
      if (!good.ok) throw new Error('the sample is sound');
      const units = fc.oneof(...SETS.map(mutated), mutated(slice({ idr: true })));
      const check = (nalUnit: Buffer) => {
        for (const { length } of splitNalUnits(nalUnit).nalUnits) {
          expect(length).toBeLessThanOrEqual(nalUnit.length);
        }
        parsePps(nalUnit, good.sps);
        const parsed = parseSps(nalUnit);
        if (parsed.ok) expect(Number.isInteger(parsed.sps.id)).toBe(true);
        const set = parsePps(SETS[2] ?? Buffer.alloc(0), good.sps);
        if (set.ok) parseSliceHeader(nalUnit, set.pps, good.sps);
      };
      fc.assert(fc.property(units, check), { numRuns, seed });
    },
  },
  {
    name: 'streams, through the whole pipeline',
    shortRuns: 300,
    longRuns: 100_000,
    async run(numRuns, seed) {
      const payloads = fc.array(
        fc.record({ payload: mutated(STREAM), timestampMs: fc.maxSafeNat(), sequence: fc.nat(50) }),
        { minLength: 1, maxLength: 6 },
      );
      const check = async (
        packets: { payload: Buffer; timestampMs: number; sequence: number }[],
      ) => {
        const sinks: MemorySink[] = [];
        const pipeline = new PacketPipeline({
          startedAtMs: 0,
          inheritedParameterSets: [],
          openPart: () => {
            const sink = new MemorySink();
            sinks.push(sink);
            return sink;
          },
        });
        for (const [index, packet] of packets.entries()) {
          const received = receivedPacket(packet, 100 * index, 'annex-b');
          pipeline.push(received, received);
        }
        const movie = await pipeline.finish();
        const { counts } = pipeline.tally;
        expect(counts.packets).toBe(packets.length);
        expect(movie.frames).toBe(counts.frames - counts.undecodable - counts.unsupported);
        expect(movie.parts).toHaveLength(sinks.length);
      };
      await fc.assert(fc.asyncProperty(payloads, check), { numRuns, seed });
    },
  },
  {
    name: 'the index',
    shortRuns: 1_000,
    longRuns: 100_000,
    async run(numRuns, seed) {
      const check = async (contents: Buffer) => {
        const sequences: number[] = [];
        let damaged = 0;
        for await (const item of readFrameIndex(diskOf(contents), join('x', 'frames.csv'))) {
          expect(damaged, 'nothing follows damage').toBe(0);
          if (item.kind === 'damage') damaged += 1;
          else sequences.push(...item.rows.map(({ sequence }) => sequence));
        }
        const lines = contents.toString('latin1').split('\n').length - 1;
        expect(sequences.length).toBeLessThanOrEqual(Math.max(0, lines - 1));
        if (damaged === 0) expect(sequences).toHaveLength(lines - 1);
      };
      await fc.assert(fc.asyncProperty(mutated(INDEX), check), { numRuns, seed });
    },
  },
  {
    name: 'the manifest',
    shortRuns: 1_000,
    longRuns: 100_000,
    run(numRuns, seed) {
      const check = (contents: Buffer) => {
        const parsed = parseManifest(contents.toString('utf8'));
        if (!parsed.ok) expect(parsed.reason).not.toBe('');
        // What was read can be written and read again.
        else expect(parseManifest(JSON.stringify(parsed.manifest))).toEqual(parsed);
      };
      fc.assert(fc.property(mutated(MANIFEST), check), { numRuns, seed });
    },
  },
];

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? 1 : inner)) ?? '';
  } catch {
    return '';
  }
}

/** A disk with one file. */
function diskOf(contents: Buffer): Disk {
  return {
    ...systemDisk,
    open: async () => ({
      read: async (target, position) =>
        contents.copy(target, 0, position, position + target.length),
      writev: async () => 0,
      sync: async () => {},
      size: async () => contents.length,
      close: async () => {},
    }),
  };
}
