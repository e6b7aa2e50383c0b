import { describe, expect, it } from 'vitest';
import { type AssemblerOutput, PictureAssembler } from '../../src/lib/h264/picture-assembler.js';
import { scanPictures } from '../../src/lib/h264/picture-scanner.js';
import {
  accessUnitDelimiter,
  annexB,
  idrAndSets,
  lengthPrefixed,
  otherNalUnit,
  pps,
  slice,
  sps,
} from '../support/h264-builder.js';

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function scanned(bytes: Buffer, size = 1 << 20): Promise<AssemblerOutput<number>[]> {
  const outputs: AssemblerOutput<number>[] = [];
  for await (const output of scanPictures(chunksOf(bytes, size))) outputs.push(output);
  return outputs;
}

/** Without the tags: what must be the same however the stream was cut. */
function withoutTags(outputs: readonly AssemblerOutput<number>[]): unknown[] {
  return outputs.map((output) => {
    if (output.type !== 'picture') return { ...output, tag: 0 };
    const nalUnits = output.picture.nalUnits.map((one) => Buffer.from(one).toString('hex'));
    return { ...output.picture, nalUnits, tag: 0 };
  });
}

const packets = [
  annexB(idrAndSets),
  annexB([accessUnitDelimiter, slice({ frameNum: 1 }), slice({ frameNum: 1, firstMb: 40 })], 3),
  Buffer.concat([annexB([slice({ frameNum: 2 })]), Buffer.alloc(300)]),
  annexB([sps({ widthInMbs: 20 }), pps(), slice({ idr: true })]),
];

describe('scanPictures', () => {
  it('makes of the stream what the assembler makes of the packets, in chunks of any size', async () => {
    const assembler = new PictureAssembler<number>();
    const pushed = [
      ...packets.flatMap((packet) => assembler.push(packet, 0)),
      ...assembler.flush(),
    ];
    expect(pushed).toHaveLength(4);
    const stream = Buffer.concat(packets);
    for (const size of [1, 2, 3, 7, 50, stream.length]) {
      expect(withoutTags(await scanned(stream, size))).toEqual(withoutTags(pushed));
    }
    // Beyond the first chunks, which are joined, cuts fall anywhere.
    const long = Buffer.concat([Buffer.alloc(70_000), stream]);
    for (const size of [70_001, 70_017, 70_100]) {
      expect(withoutTags(await scanned(long, size))).toEqual(withoutTags(pushed));
    }
  });

  it('tags each picture with the place of its first slice, inside its packet', async () => {
    const outputs = await scanned(Buffer.concat(packets));
    let offset = 0;
    for (const [i, packet] of packets.entries()) {
      const output = outputs[i];
      const tag = output?.type === 'picture' ? output.picture.tag : -1;
      expect(tag).toBeGreaterThanOrEqual(offset);
      expect(tag).toBeLessThan(offset + packet.length);
      offset += packet.length;
    }
  });

  it('reads a stream that is length-prefixed all through', async () => {
    const nalUnits = [...idrAndSets, slice({ frameNum: 1, data: Buffer.alloc(70_000, 0x55) })];
    // The first bytes alone would not tell of lengths.
    for (const size of [3, 999]) {
      const outputs = await scanned(lengthPrefixed(nalUnits), size);
      expect(outputs.map((output) => output.type)).toEqual(['picture', 'picture']);
    }
  });

  it('yields nothing for nothing, and nothing for parameter sets alone', async () => {
    expect(await scanned(Buffer.alloc(0))).toEqual([]);
    expect(await scanned(annexB([sps(), pps()]))).toEqual([]);
  });

  it('passes on what cannot be described', async () => {
    const outputs = await scanned(annexB([slice(), slice()]));
    expect(outputs).toMatchObject([
      { type: 'undecodable', tag: 1, reason: 'no-parameter-sets' },
      { type: 'undecodable', reason: 'no-parameter-sets' },
    ]);
  });

  it.each([
    ['This is H.265, not H.264', annexB([Buffer.of(0x40, 1, 0x0c, 1)])],
    ['This is an MP4 or QuickTime file, not H.264', Buffer.from('\0\0\0\x18ftypisom', 'latin1')],
    ['There is no H.264 in these 19 bytes', Buffer.from('nothing of the kind')],
    ['There is no H.264 in these 1000 bytes', Buffer.alloc(1000)],
    ['There is no H.264 in these 8 bytes', annexB([otherNalUnit(0x1f)])],
  ])('refuses: %s', async (message, bytes) => {
    await expect(scanned(bytes)).rejects.toMatchObject({
      code: 'STREAM_UNSUPPORTED',
      message,
      hint: expect.stringContaining('ffmpeg'),
    });
  });
});
