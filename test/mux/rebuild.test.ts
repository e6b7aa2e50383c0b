import { createHash } from 'node:crypto';
import { copyFile, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { joinAnnexB } from '../../src/lib/h264/nal-units.js';
import type { ReceivedPacket } from '../../src/lib/recording/received-packet.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { largePackets } from '../support/large-packets.js';
import {
  failedChecks,
  fastDisk,
  manifestIn,
  muxAll,
  packetOf,
  packetsOfAllSamples,
  recorded,
  retimed,
} from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const plain = samplePackets(45);

/** Two pictures in each packet. */
const inPairs = Array.from({ length: plain.length >> 1 }, (_, pair) => {
  const payloads = plain.slice(2 * pair, 2 * pair + 2).map((packet) => packet.payload);
  return packetOf(Buffer.concat(payloads), pair, 5000 + 200 * pair);
});

/** Each NAL unit in a packet of its own, the parameter sets as well. */
const unitByUnit = plain
  .flatMap((packet) => packet.nalUnits)
  .map((nalUnit, index) => packetOf(joinAnnexB([nalUnit]), index, 5000 + 100 * index));

/** What cameras send, good and bad. */
const CAPTURES: Record<string, readonly ReceivedPacket[]> = {
  'an ordinary capture': plain,
  'uneven times': retimed(plain, (index) => 9000 + 90 * index + ((index * 37) % 50)),
  'times that repeat': retimed(plain, (index) => 9000 + 100 * (index >> 1)),
  'times that go back': retimed(plain, (index) => 9000 + 100 * index - (index % 5 === 0 ? 150 : 0)),
  'a clock that jumps by hours': retimed(
    plain,
    (index) => 100 * index + (index > 20 ? 7_200_000 : 0),
  ),
  'a clock that jumps back': retimed(plain, (index) => 9e6 + 100 * index - (index > 20 ? 8e6 : 0)),
  'lost packets': plain.filter((_, index) => index % 7 !== 3),
  'packets that come twice': plain.flatMap((packet, index) =>
    index % 9 ? [packet] : [packet, packet],
  ),
  'two pictures in a packet': inPairs,
  'a packet for each NAL unit': unitByUnit,
  'padding behind packets': plain.map((packet, index) =>
    packetOf(Buffer.concat([packet.payload, Buffer.alloc(index * 7)]), index, 5000 + 100 * index),
  ),
  'empty packets': plain.flatMap((packet, index) =>
    index % 10 ? [packet] : [packet, packetOf(Buffer.alloc(0), index, 0)],
  ),
  'parameter sets that change': packetsOfAllSamples(12),
  'a late start of the configuration': [...plain.slice(5, 9), ...plain],
};

// Decoding is judged elsewhere, and takes its time.
beforeAll(() => {
  vi.stubEnv('FFMPEG_BIN', '/nonexistent/ffmpeg');
});

describe('a session that is muxed again', () => {
  it('comes out the same when the disk takes its time, so that memory is read into again meanwhile', async () => {
    const directory = await recorded(await temporaryDirectory(), largePackets(120));
    const live = await mp4Files(directory);
    const disk = new FaultyDisk(fastDisk);
    let slowWrites = 0;
    disk.delay = async ({ name }) => {
      if (name !== 'writev') return;
      slowWrites += 1;
      await sleep(30);
    };
    const [result] = await muxAll([directory], { force: true, disk });
    expect(result?.error).toBeNull();
    expect(slowWrites).toBeGreaterThan(5);
    expect(await mp4Files(directory)).toEqual(live);
  });

  it.each(Object.entries(CAPTURES))(
    'has the MP4 that live recording wrote, byte for byte: %s',
    async (_name, packets) => {
      const recordings = await temporaryDirectory();
      const directory = await recorded(recordings, packets);
      const before = await manifestIn(directory);
      expect(before.state).toBe('complete');
      const live = await mp4Files(directory);
      expect(await failedChecks(directory)).toEqual([]);

      const [result] = await muxAll([directory], { force: true });
      expect(result).toMatchObject({
        error: null,
        skipped: null,
        frames: before.counts.frames - before.counts.undecodable,
      });
      expect(await mp4Files(directory)).toEqual(live);
      expect(await manifestIn(directory)).toEqual(before);
    },
  );

  it('larger than all the memory that it is read into has the same MP4 too', async () => {
    // A message for the user in front of each picture makes them large, each with bytes of its own.
    const large = samplePackets(300).map((packet, index) => {
      const size = index % 50 === 49 ? 1_800_000 : 30_000 + ((index * 7919) % 30_000);
      const message = Buffer.alloc(size, 1 + (index % 250));
      message.writeUInt8(6, 0);
      const payload = Buffer.concat([joinAnnexB([message]), packet.payload]);
      return packetOf(index === 0 ? packet.payload : payload, index, 5000 + 100 * index);
    });
    const directory = await recorded(await temporaryDirectory(), large);
    const live = await mp4Files(directory);
    const [result] = await muxAll([directory], { force: true });
    expect(result).toMatchObject({ error: null, frames: 300 });
    expect(await mp4Files(directory)).toEqual(live);
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('inherits the parameter sets that live recording inherited', async () => {
    const recordings = await temporaryDirectory();
    const directory = await recorded(recordings, plain.slice(1));
    // No sets, no MP4: the recorder was given none.
    expect((await manifestIn(directory)).reason).toBe('no-parameter-sets');
    const [result] = await muxAll([directory]);
    expect(result?.error?.code).toBe('STREAM_EMPTY');
    expect(await readdir(directory)).not.toContain('stream.mp4');
  });

  it('keeps its good MP4 when the raw stream has been changed', async () => {
    const recordings = await temporaryDirectory();
    const directory = await recorded(recordings, plain);
    const good = await readFile(join(directory, 'stream.mp4'));
    const path = join(directory, 'stream.h264');
    const raw = await readFile(path);
    raw.writeUInt8(raw.readUInt8(20_000) ^ 1, 20_000);
    await writeFile(path, raw);
    // As a file system with a coarse clock tells it.
    const ended = new Date((await manifestIn(directory)).endedAt ?? '');
    await utimes(path, ended, ended);
    for (const engine of ['builtin', 'ffmpeg'] as const) {
      const [result] = await muxAll([directory], { engine, force: true });
      expect(result?.error).toMatchObject({ code: 'INPUT_INVALID' });
      expect(await readFile(join(directory, 'stream.mp4'))).toEqual(good);
    }
    const output = join(recordings, 'film.mp4');
    const [elsewhere] = await muxAll([directory], { output });
    expect(elsewhere?.error).toBeNull();
    expect(elsewhere?.warnings.join()).toContain('not as it was recorded');
  });

  it('takes an index that ends in the middle for what it is', async () => {
    const recordings = await temporaryDirectory();
    const directory = await recorded(recordings, plain);
    const good = await readFile(join(directory, 'stream.mp4'));
    await copyFile(join(directory, 'session.json'), join(directory, 'frames.csv'));
    const [result] = await muxAll([directory], { force: true });
    expect(result?.error).toMatchObject({ code: 'INPUT_INVALID' });
    expect(await readFile(join(directory, 'stream.mp4'))).toEqual(good);
  });
});

async function mp4Files(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.mp4')).sort();
  expect(names.length).toBeGreaterThan(0);
  const files = names.map(async (name) => [
    name,
    createHash('sha256')
      .update(await readFile(join(directory, name)))
      .digest('hex'),
  ]);
  return Object.fromEntries(await Promise.all(files));
}
