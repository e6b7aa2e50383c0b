import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ReceivedPacket } from '../../src/lib/recording/received-packet.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { enlarged, largePackets } from '../support/large-packets.js';
import {
  crashed,
  fastDisk,
  foreign,
  muxAll,
  packetsOfAllSamples,
} from '../support/mux-sessions.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Thirty megabytes: many times the memory that is read into. */
const packets = largePackets(120);

/**
 * A disk that is slower than the reading, so that memory is wanted again while it is still to be written. Of two writes
 * at once the second is through first.
 */
function slowDisk(isSlow = (_path: string) => true): FaultyDisk {
  const disk = new FaultyDisk(fastDisk);
  let writes = 0;
  disk.delay = async ({ name, path }) => {
    if (name !== 'writev' || !isSlow(path)) return;
    writes += 1;
    await sleep(writes % 2 === 1 ? 60 : 10);
  };
  return disk;
}

/** Which pictures do not stand in the MP4, whole, unchanged and in their order. */
function missingPictures(mp4: Buffer, pictures: readonly ReceivedPacket[]): number[] {
  const missing: number[] = [];
  let from = 0;
  for (const { kind, nalUnits, sequence } of pictures) {
    if (kind === 'config') continue;
    const sample = Buffer.concat(
      nalUnits.flatMap((nalUnit) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(nalUnit.length);
        return [length, nalUnit];
      }),
    );
    const at = mp4.indexOf(sample, from);
    if (at < 0) missing.push(sequence);
    else from = at + sample.length;
  }
  return missing;
}

describe('a raw stream longer than the memory that it is read into', () => {
  it('becomes an MP4 with every picture as it was, without an index and on a slow disk too', async () => {
    const stream = Buffer.concat(packets.map(({ payload }) => payload));
    const directory = await foreign(await temporaryDirectory(), stream);
    const [result] = await muxAll([directory], { fps: 10, disk: slowDisk() });
    expect(result).toMatchObject({ error: null, frames: 120 });
    expect(missingPictures(await readFile(join(directory, 'stream.mp4')), packets)).toEqual([]);
  });

  it('becomes one by its index as well', async () => {
    const directory = await crashed(await temporaryDirectory(), packets);
    const [result] = await muxAll([directory], { disk: slowDisk() });
    expect(result).toMatchObject({ error: null, frames: 120 });
    expect(missingPictures(await readFile(join(directory, 'stream.mp4')), packets)).toEqual([]);
  });

  it('becomes several where its parameter sets change, also while the first is still to be written', async () => {
    const changing = enlarged(packetsOfAllSamples(30));
    const directory = await crashed(await temporaryDirectory(), changing);
    const disk = slowDisk((path) => path.includes('stream.mp4'));
    const [result] = await muxAll([directory], { disk });
    const mp4 = await Promise.all((result?.mp4 ?? []).map((path) => readFile(path)));
    expect(mp4.length).toBeGreaterThan(1);
    expect(missingPictures(Buffer.concat(mp4), changing)).toEqual([]);
  });

  it('is recovered without an index with every picture but the last, which may be torn', async () => {
    const directory = await crashed(await temporaryDirectory(), packets);
    await rm(join(directory, 'frames.csv'));
    const [result] = await muxAll([directory], { disk: slowDisk() });
    expect(result).toMatchObject({ error: null, frames: 119 });
    expect(missingPictures(await readFile(join(directory, 'stream.mp4')), packets)).toEqual([120]);
  });
});
