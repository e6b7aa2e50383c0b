import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Disk, systemDisk } from '../../src/lib/storage/disk.js';
import type { Manifest } from '../../src/lib/storage/manifest.js';
import { verifySessions } from '../../src/lib/verify/verify.js';
import { verifySession } from '../../src/lib/verify/verify-session.js';
import { CHECKS } from '../../src/lib/verify/verify-types.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { annexB, pps, type SliceOptions, slice, sps } from '../support/h264-builder.js';
import {
  crashed,
  failedChecks,
  foreign,
  manifestIn,
  packetOf,
  packetsOfAllSamples,
  recorded,
  retimed,
  writeManifestIn,
} from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { ffmpeg } from '../support/tools.js';

// Decoding takes its time; it is asked for where it is the question.
beforeEach(() => {
  vi.stubEnv('FFMPEG_BIN', '/nonexistent/ffmpeg');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Positions to spoil: all of the beginning and of the end, and samples in between. */
function* positions(length: number, edge: number, step: number): Generator<number> {
  for (let at = 0; at < length; at += at < edge || at >= length - edge ? 1 : step) yield at;
}

describe('a session as it should be', () => {
  it('passes every check, in the documented order', async () => {
    const directory = await recorded(await temporaryDirectory());
    const { ok, checks, path } = await verifySession(directory, { disk: systemDisk, version: '0' });
    expect({ ok, path }).toEqual({ ok: true, path: directory });
    expect(checks.map(({ name }) => name)).toEqual(CHECKS);
    expect(checks.filter((check) => check.leftOut).map(({ name }) => name)).toEqual(['decode']);
    const samples = '25 samples are their pictures, in bytes, key flag and time';
    expect(checks.find(({ name }) => name === 'mp4-samples')?.detail).toBe(samples);
  });

  it('may have several parts, lost packets and a faulty clock', async () => {
    const recordings = await temporaryDirectory();
    const packets = packetsOfAllSamples(10).filter((_, index) => index % 8 !== 5);
    const wild = retimed(packets, (index) => 9000 + (index % 6) * 40 + (index > 15 ? 1e7 : 0));
    const directory = await recorded(recordings, wild);
    expect((await manifestIn(directory)).parts).toHaveLength(3);
    expect(await failedChecks(directory)).toEqual([]);
  });

  it.each([-700, -2000, -3_600_000])(
    'may have a clock that was set by %i ms amid reordered pictures',
    async (stepMs) => {
      const timeOf = (place: number) => 9e6 + place * 60 + place ** 2 + (place > 40 ? stepMs : 0);
      const packets = [...reorderedPackets(40, timeOf)];
      const directory = await recorded(await temporaryDirectory(), packets);
      const { counts, durationMs } = await manifestIn(directory);
      expect(counts.frames).toBe(81);
      expect(counts.clock.jumps).toBeGreaterThan(0);
      // Its length is that of the time which passed, to a picture or two.
      expect(Math.abs((durationMs ?? 0) - (80 * 60 + 80 ** 2))).toBeLessThan(500);
      expect(await failedChecks(directory)).toEqual([]);
    },
  );

  it.each([
    ['from the beginning', 0, 0],
    // After two seconds the fragment ends before it is known that a picture belongs into it.
    ['first where a fragment ends', 11, 1],
  ])(
    'may reorder pictures although its parameter sets deny it, %s',
    async (_where, inOrder, backward) => {
      const timeOf = (place: number) => 9e6 + place * 60 + place ** 2;
      const packets = [...reorderedPackets(40, timeOf, { told: 0, inOrder })];
      const directory = await recorded(await temporaryDirectory(), packets);
      expect((await manifestIn(directory)).counts.clock.backward).toBe(backward);
      expect(await failedChecks(directory)).toEqual([]);
    },
  );
});

/**
 * Pictures in the order I0 P2 B1 P4 B3 …, stamped with the times at which they are to be shown, unevenly. `told`: as
 * max_num_reorder_frames; the first `inOrder` pairs are sent as they are shown.
 */
function* reorderedPackets(
  pairs: number,
  timeOf: (place: number) => number,
  { told = 1, inOrder = 0 } = {},
) {
  const set = {
    profileIdc: 77,
    vui: { reorder: { maxNumReorderFrames: told, maxDecFrameBuffering: 2 } },
  };
  const key = annexB([sps(set), pps(), slice({ sps: set, idr: true })]);
  yield packetOf(key, 0, timeOf(0));
  for (let pair = 1; pair <= pairs; pair += 1) {
    const picture = (place: number, more: SliceOptions) =>
      annexB([slice({ sps: set, picOrderCntLsb: (2 * place) % 256, ...more })]);
    const ahead = picture(2 * pair, { frameNum: pair % 16 });
    const between = (frameNum: number) =>
      picture(2 * pair - 1, { frameNum: frameNum % 16, nalRefIdc: 0, sliceType: 1 });
    if (pair <= inOrder) {
      yield packetOf(between(pair), 2 * pair - 1, timeOf(2 * pair - 1));
      yield packetOf(ahead, 2 * pair, timeOf(2 * pair));
    } else {
      yield packetOf(ahead, 2 * pair - 1, timeOf(2 * pair));
      yield packetOf(between(pair + 1), 2 * pair, timeOf(2 * pair - 1));
    }
  }
}

describe('a session to which nothing came', () => {
  it('has no stream, and is as it should be', async () => {
    const directory = await recorded(await temporaryDirectory(), []);
    expect((await readdir(directory)).sort()).toEqual(['frames.csv', 'session.json']);
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('is told from one whose stream is gone', async () => {
    const directory = await recorded(await temporaryDirectory(), samplePackets(3));
    await rm(join(directory, 'stream.h264'));
    const found = await failedChecks(directory);
    expect(found[0]).toBe('files: stream.h264 missing');
    expect(found.filter((text) => text.startsWith('files:'))).toHaveLength(1);
    expect(found.join()).not.toContain('ENOENT');
  });
});

it('a session whose manifest is gone is told what makes it again', async () => {
  const directory = await recorded(await temporaryDirectory(), samplePackets(3));
  await rm(join(directory, 'session.json'));
  expect(await failedChecks(directory)).toEqual([
    'manifest: session.json is missing; camrec mux makes it again from what is there',
  ]);
});

it('a session that failed for want of parameter sets is as it should be', async () => {
  const directory = await recorded(await temporaryDirectory(), samplePackets(5).slice(1));
  const { reason, reasonText } = await manifestIn(directory);
  expect(reason).toBe('no-parameter-sets');
  // They may have come, damaged or for larger pictures than there can be.
  expect(reasonText).toContain('no usable parameter sets');
  expect(await failedChecks(directory)).toEqual([]);
});

describe('one flipped byte', () => {
  it.each([
    ['stream.h264', 20, 997],
    ['frames.csv', 60, 23],
    ['stream.mp4', 60, 331],
  ])('is found anywhere in %s', async (name, edge, step) => {
    const directory = await recorded(await temporaryDirectory(), samplePackets(12));
    const path = join(directory, name);
    const bytes = await readFile(path);
    let flips = 0;
    for (const at of positions(bytes.length, edge, step)) {
      const spoilt = Buffer.from(bytes);
      spoilt.writeUInt8(spoilt.readUInt8(at) ^ (1 << (at % 8)), at);
      await writeFile(path, spoilt);
      expect(await failedChecks(directory), `byte ${at}`).not.toEqual([]);
      flips += 1;
    }
    expect(flips).toBeGreaterThan(30);
    await writeFile(path, bytes);
    expect(await failedChecks(directory)).toEqual([]);
  });

  it('is named by its check and its place', async () => {
    const directory = await recorded(await temporaryDirectory());
    const path = join(directory, 'stream.mp4');
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(9000) ^ 1, 9000);
    await writeFile(path, bytes);
    expect(await failedChecks(directory)).toEqual([
      'mp4-bytes: stream.mp4 differs at byte 9000',
      expect.stringMatching(/^mp4-samples: sample \d+ of stream.mp4 has other bytes/),
    ]);
  });
});

describe('what else can be wrong', () => {
  it.each([
    ['mp4-bytes', 'stream.mp4', (path: string) => truncate(path, 20_000)],
    ['files', 'stream.mp4', (path: string) => rm(path)],
    ['rows', 'stream.h264', (path: string) => truncate(path, 20_000)],
    ['index-checksum', 'frames.csv', (path: string) => writeFile(path, '', { flag: 'a+' })],
    ['manifest', 'session.json', (path: string) => truncate(path, 300)],
    ['manifest', 'session.json', (path: string) => rm(path)],
  ] as const)('%s finds it in %s', async (check, name, spoil) => {
    const directory = await recorded(await temporaryDirectory());
    if (check === 'index-checksum') {
      await writeFile(join(directory, name), '0,0,0,0,0,config\n', { flag: 'a' });
    } else await spoil(join(directory, name));
    expect((await failedChecks(directory)).map((text) => text.split(':')[0])).toContain(check);
  });

  it.each(['frames', 'keyFrames', 'bytes', 'lost', 'packets', 'config', 'undecodable'] as const)(
    'a manifest that counts %s wrongly',
    async (name) => {
      const directory = await recorded(await temporaryDirectory(), samplePackets(8));
      const manifest = await manifestIn(directory);
      const counts = { ...manifest.counts, [name]: manifest.counts[name] + 1 };
      await writeManifestIn(directory, { ...manifest, counts });
      const check = name === 'lost' ? 'sequence' : 'counts';
      expect((await failedChecks(directory)).join()).toContain(`${check}: the manifest says`);
    },
  );

  it.each(['raw', 'index'] as const)(
    'a manifest that has another name for the %s',
    async (name) => {
      const directory = await recorded(await temporaryDirectory(), samplePackets(8));
      const manifest = await manifestIn(directory);
      const files = { ...manifest.files, [name]: 'session.json' };
      await writeManifestIn(directory, { ...manifest, files });
      expect((await failedChecks(directory)).join()).toMatch(
        /^files: the manifest names .*session.json/,
      );
    },
  );

  it.each<[string, string, Partial<Manifest>]>([
    ['fails for a reason of complete ones', 'manifest', { state: 'failed' }],
    ['fails without a picture that it has', 'counts', { state: 'failed', reason: 'no-pictures' }],
    ['is complete by a crash', 'manifest', { reason: 'crashed' }],
    ['ends without a reason', 'manifest', { reason: null }],
    ['has no checksums', 'manifest', { checksums: null }],
    ['ends at no time', 'manifest', { endedAt: 'yesterday' }],
    ['never ends', 'manifest', { endedAt: null }],
    ['begins at no time', 'manifest', { startedAt: '' }],
    [
      'was recovered and is complete',
      'manifest',
      {
        recovery: { recoveredAt: '2025-06-01', lostFrames: 0, lostMs: 0, lostBytes: 0, notes: [] },
      },
    ],
  ])('a manifest by which a session %s', async (_what, check, change) => {
    const directory = await recorded(await temporaryDirectory(), samplePackets(8));
    await writeManifestIn(directory, { ...(await manifestIn(directory)), ...change });
    const [first] = await failedChecks(directory);
    expect(first?.split(':')[0]).toBe(check);
  });

  it.each([
    [
      'is gone',
      (path: string) => rm(path),
      [
        'files: stream.mp4 missing',
        'mp4-bytes: stream.mp4 is missing',
        'mp4-samples: stream.mp4 is missing',
      ],
    ],
    [
      'is cut off',
      (path: string) => truncate(path, 20_000),
      [
        expect.stringMatching(/^mp4-bytes: stream.mp4 has 20000 bytes instead of \d+$/),
        expect.stringMatching(/^mp4-samples: stream.mp4 is damaged: mdat .* end of the file$/),
      ],
    ],
  ])('an MP4 that %s', async (_what, spoil, found) => {
    const directory = await recorded(await temporaryDirectory());
    await spoil(join(directory, 'stream.mp4'));
    expect(await failedChecks(directory)).toEqual(found);
  });

  it('a manifest that is about another session', async () => {
    const directory = await recorded(await temporaryDirectory(), samplePackets(4));
    await writeManifestIn(directory, { ...(await manifestIn(directory)), id: 'other' });
    expect(await failedChecks(directory)).toEqual([
      `manifest: it is about other, and the directory is ${basename(directory)}`,
    ]);
  });

  it.each([
    ['cut off', [0xff, 0xd8, 0xff, 0xdb, 0, 0]],
    ['empty', []],
    ['no picture', [...Buffer.from('no picture at all'), 0xd9]],
  ])('a thumbnail that is %s', async (_what, bytes) => {
    const directory = await recorded(await temporaryDirectory(), samplePackets(4));
    const manifest = await manifestIn(directory);
    const files = { ...manifest.files, thumbnail: 'thumbnail.jpg' };
    await writeManifestIn(directory, { ...manifest, files });
    await writeFile(join(directory, 'thumbnail.jpg'), Buffer.from(bytes));
    expect(await failedChecks(directory)).toEqual(['files: thumbnail.jpg is no whole JPEG']);
    await writeFile(join(directory, 'thumbnail.jpg'), Buffer.of(0xff, 0xd8, 0xff, 0xff, 0xd9));
    expect(await failedChecks(directory)).toEqual([]);
  });

  it.each([
    ['not marked', (table: Buffer) => table.writeUInt32BE(2, 16), 'sample 1', 'not marked'],
    ['marked, and is none,', (table: Buffer) => table.writeUInt32BE(3, 20), 'sample 3', 'marked'],
  ])('a key picture that is %s', async (_what, spoil, sample, words) => {
    const directory = await recorded(await temporaryDirectory(), samplePackets(30));
    const path = join(directory, 'stream.mp4');
    const mp4 = await readFile(path);
    // Of the last moov, which players read: size, type, version and flags, how many, their numbers.
    spoil(mp4.subarray(mp4.lastIndexOf('stss') - 4));
    await writeFile(path, mp4);
    expect((await failedChecks(directory)).at(-1)).toBe(
      `mp4-samples: ${sample} of stream.mp4 is ${words} as a key picture`,
    );
  });

  it('a part that belongs to no session', async () => {
    const directory = await recorded(await temporaryDirectory());
    await writeFile(join(directory, 'stream-2.mp4'), 'x');
    expect(await failedChecks(directory)).toEqual(['files: stream-2.mp4 belongs to no part']);
  });

  it('a session that is not finished', async () => {
    const directory = await crashed(await temporaryDirectory());
    expect((await failedChecks(directory))[0]).toContain('camrec mux finishes it');
  });
});

it('an MP4 of another version is proven by its samples', async () => {
  const directory = await recorded(await temporaryDirectory(), samplePackets(8));
  const path = join(directory, 'stream.mp4');
  const mp4 = await readFile(path);
  // A byte of the first moov, which nobody reads any more.
  mp4.writeUInt8(mp4.readUInt8(100) ^ 1, 100);
  await writeFile(path, mp4);
  expect(await failedChecks(directory)).toEqual(['mp4-bytes: stream.mp4 differs at byte 100']);
  const manifest = await manifestIn(directory);
  const writer = { ...manifest.writer, version: '0.0.1' };
  await writeManifestIn(directory, { ...manifest, writer });
  expect(await failedChecks(directory)).toEqual([]);
});

it('pictures that do not stand at their times are counted', async () => {
  const directory = await recorded(await temporaryDirectory(), samplePackets(8));
  const path = join(directory, 'stream.mp4');
  const mp4 = await readFile(path);
  // The first entry of the table: how many samples last how many ticks.
  const entry = mp4.lastIndexOf('stts') + 12;
  expect(mp4.readUInt32BE(entry)).toBe(8);
  mp4.writeUInt32BE(mp4.readUInt32BE(entry + 4) + 1, entry + 4);
  await writeFile(path, mp4);
  expect((await failedChecks(directory)).at(-1)).toBe(
    'mp4-samples: 7 pictures are not as far from the one before as their device times are',
  );
});

it('leaves no file open, whichever call to the disk fails', async () => {
  const directory = await recorded(await temporaryDirectory(), packetsOfAllSamples(4));
  const counting = new FaultyDisk(systemDisk);
  const verify = (disk: Disk) => verifySession(directory, { disk, version: '0.0.0-test' });
  expect(await verify(counting)).toMatchObject({ ok: true });
  expect(counting.openFiles).toEqual([]);
  for (let failing = 1; failing <= counting.calls.length; failing += 1) {
    const disk = new FaultyDisk(systemDisk, ({ number }) =>
      number === failing ? { fail: 'EIO' } : 'pass',
    );
    await verify(disk);
    expect(disk.openFiles, `call ${failing}`).toEqual([]);
  }
});

describe('many sessions', () => {
  it('are each judged, and what cannot be is named', async () => {
    const recordings = await temporaryDirectory();
    const good = await recorded(recordings);
    const bad = await recorded(recordings);
    await truncate(join(bad, 'stream.mp4'), 1000);
    const other = await foreign(recordings, Buffer.of(0, 0, 1, 0x67));
    const report = await verifySessions({
      disk: systemDisk,
      version: '0.0.0-test',
      recordings,
      sessions: [],
    });
    expect(report.results.map(({ path, ok }) => [path, ok])).toEqual([
      [good, true],
      [bad, false],
    ]);
    expect(report.leftOut.map(({ path }) => path)).toEqual([other]);
  });

  it('are found by id, by directory, and by a directory of them, each once', async () => {
    const recordings = await temporaryDirectory();
    const one = await recorded(recordings, samplePackets(3));
    const sessions = [one, one.slice(recordings.length + 1), recordings];
    const report = await verifySessions({
      disk: systemDisk,
      version: '0.0.0-test',
      recordings,
      sessions,
    });
    expect(report.results.map(({ path }) => path)).toEqual([one]);
    await expect(
      verifySessions({ disk: systemDisk, version: '0.0.0-test', recordings, sessions: ['nobody'] }),
    ).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  it('are not in a directory that is empty, which is no name of one', async () => {
    const recordings = await temporaryDirectory();
    const empty = join(recordings, 'empty');
    await mkdir(empty);
    await expect(
      verifySessions({ disk: systemDisk, version: '0.0.0-test', recordings, sessions: ['empty'] }),
    ).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
      message: `There is no session in ${empty}.`,
    });
  });
});

describe.skipIf(!ffmpeg)('decoding (needs ffmpeg)', () => {
  it('finds pictures that cannot be decoded, unless packets were lost', async () => {
    vi.unstubAllEnvs();
    const recordings = await temporaryDirectory();
    const packets = samplePackets(20);
    const intact = await recorded(recordings, packets);
    expect(await failedChecks(intact)).toEqual([]);
    const torn = packets.map((packet, index) => {
      const half = packet.payload.subarray(0, packet.payload.length >> 1);
      return index === 7 ? packetOf(half, index, packet.timestampMs) : packet;
    });
    const broken = await recorded(recordings, torn);
    expect((await failedChecks(broken)).join()).toMatch(/^decode: /);
    const gappy = await recorded(
      recordings,
      torn.filter((_, index) => index !== 12),
    );
    expect(await failedChecks(gappy)).toEqual([]);
  });

  it('tells how many pictures decode where a stream does not begin with a key picture', async () => {
    vi.unstubAllEnvs();
    const [config, key, ...others] = samplePackets(4);
    const packets = [config, ...others, key, ...others].flatMap((packet, index) =>
      packet === undefined ? [] : [packetOf(packet.payload, index, 5000 + 100 * index)],
    );
    const directory = await recorded(await temporaryDirectory(), packets);
    const { checks } = await verifySession(directory, { disk: systemDisk, version: '0.0.0-test' });
    expect(checks.find(({ name }) => name === 'decode')).toMatchObject({
      ok: true,
      detail: '4 of 7 pictures decode without an error',
    });
  });

  it('does not take pictures of which none can be shown for such as decode', async () => {
    vi.unstubAllEnvs();
    const recordings = await temporaryDirectory();
    const [config, , ...others] = samplePackets(6);
    const withoutKey = [config, ...others].flatMap((packet, index) =>
      packet === undefined ? [] : [packetOf(packet.payload, index, packet.timestampMs)],
    );
    const directory = await recorded(recordings, withoutKey);
    expect((await manifestIn(directory)).counts).toMatchObject({ frames: 5, keyFrames: 0 });
    expect(await failedChecks(directory)).toEqual([
      'decode: stream.mp4 has no picture that can be shown',
    ]);
  });
});
