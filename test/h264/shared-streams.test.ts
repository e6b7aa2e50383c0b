/** Streams that others made: conformance streams, encoders of phones and browsers. */
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { splitNalUnits } from '../../src/lib/h264/nal-units.js';
import { PictureAssembler } from '../../src/lib/h264/picture-assembler.js';
import { scanPictures } from '../../src/lib/h264/picture-scanner.js';
import {
  assemble,
  descriptions,
  outputRanks,
  pictures,
  ranks,
  reorderDepth,
} from '../support/h264-pictures.js';
import { sharedStreams } from '../support/tools.js';

const directory = sharedStreams ?? '';
const read = (name: string) => readFileSync(join(directory, name));

/** Pictures, key pictures, descriptions, size, codec and the most slices in a picture. */
const STREAMS = [
  ['BA1_FT_C.264', 299, 2, 1, '352x288', 'avc1.42E014'],
  ['BA_MW_D_IDR_LOST.264', 97, 3, 1, '176x144', 'avc1.42E00A'],
  ['MPS_MW_A.264', 150, 5, 1, '176x144', 'avc1.42E00B'],
  ['SVA_FM1_E.264', 17, 1, 1, '176x144', 'avc1.42E015'],
  ['SarVui.264', 17, 1, 1, '176x144', 'avc1.420015'],
  ['android_encoder_176x144_60fps.h264', 60, 1, 1, '176x144', 'avc1.64000C'],
  ['length_prefixed_two_frames.264', 2, 1, 1, '704x396', 'avc1.4D001E'],
  ['webcodecs_h264.annexb', 10, 1, 1, '320x240', 'avc1.64000B'],
] as const;

describe.skipIf(sharedStreams === undefined)('shared streams (needs shared streams)', () => {
  it.each(STREAMS)('%s: %i pictures', (name, count, keys, described, size, codec) => {
    const list = pictures(assemble([read(name)]));
    expect(list).toHaveLength(count);
    expect(list.filter(({ key }) => key)).toHaveLength(keys);
    const videos = descriptions(list);
    expect(videos).toHaveLength(described);
    expect(`${videos[0]?.width}x${videos[0]?.height}`).toBe(size);
    expect(videos[0]?.codec).toBe(codec);
    expect(list[0]?.newDescription).toBe(videos[0]);
    const depth = reorderDepth(outputRanks(list));
    expect(depth).toBeLessThanOrEqual(videos[0]?.maxReorderPictures ?? -1);
  });

  it.each(STREAMS)('%s: the same when it is scanned in small chunks', async (name) => {
    const whole = pictures(assemble([read(name)]));
    const chunks = createReadStream(join(directory, name), { highWaterMark: 997 });
    let i = 0;
    for await (const output of scanPictures(chunks)) {
      if (output.type !== 'picture') throw new Error(output.type);
      const { tag: _where, ...picture } = output.picture;
      const { tag: _packet, ...expected } = whole[i] ?? {};
      expect({ ...picture, nalUnits: Buffer.concat(picture.nalUnits) }).toEqual({
        ...expected,
        nalUnits: Buffer.concat(whole[i]?.nalUnits ?? []),
      });
      i++;
    }
    expect(i).toBe(whole.length);
  });

  it('the same for every place at which a stream is cut into two packets between NAL units', () => {
    const bytes = read('SVA_FM1_E.264');
    const { nalUnits } = splitNalUnits(bytes);
    const whole = pictures(assemble([bytes])).map((one) => Buffer.concat(one.nalUnits));
    for (let cut = 0; cut <= nalUnits.length; cut++) {
      const assembler = new PictureAssembler<number>();
      const outputs = [
        ...assembler.push(nalUnits.slice(0, cut), 0),
        ...assembler.push(nalUnits.slice(cut), 1),
        ...assembler.flush(),
      ];
      expect(pictures(outputs).map((one) => Buffer.concat(one.nalUnits))).toEqual(whole);
    }
  });

  it('finds several slices in a picture', () => {
    const slices = (name: string) =>
      pictures(assemble([read(name)])).map(
        ({ nalUnits }) => nalUnits.filter((one) => [1, 5].includes((one[0] ?? 0) & 31)).length,
      );
    expect(Math.max(...slices('BA1_FT_C.264'))).toBeGreaterThan(5);
    expect(Math.min(...slices('SVA_FM1_E.264'))).toBeGreaterThan(1);
    expect(new Set(slices('MPS_MW_A.264'))).toEqual(new Set([1]));
  });

  it('SarVui.264: samples of 80:33', () => {
    const [video] = descriptions(pictures(assemble([read('SarVui.264')])));
    expect(video?.sampleAspectRatio).toEqual({ width: 80, height: 33 });
  });

  it('android_encoder: one picture for each buffer, shown in the order of its times', () => {
    const rows = readFileSync(join(directory, 'android_encoder_176x144_60fps.info'), 'utf8')
      .trim()
      .split('\n')
      .map((row) => row.split(' ').map(Number))
      .map(([size = 0, flags = 0, timeUs = 0]) => ({ size, flags, timeUs }));
    const bytes = read('android_encoder_176x144_60fps.h264');
    let offset = 0;
    const payloads = rows.map(({ size }) => {
      offset += size;
      return bytes.subarray(offset - size, offset);
    });
    const list = pictures(assemble(payloads));
    const frames = rows.filter(({ flags }) => flags !== 32);
    expect(list.map(({ tag }) => rows[tag])).toEqual(frames);
    expect(list.map(({ key }) => key)).toEqual(frames.map(({ flags }) => flags === 1));
    expect(outputRanks(list)).toEqual(ranks(frames.map(({ timeUs }) => timeUs)));
    expect(descriptions(list)[0]?.maxReorderPictures).toBe(2);
  });

  it('length_prefixed_two_frames: known as such', () => {
    expect(splitNalUnits(read('length_prefixed_two_frames.264')).framing).toBe('length-prefixed');
  });
});
