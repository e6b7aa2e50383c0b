import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { recoverSession } from '../../src/lib/mux/recover-session.js';
import { SessionRecorder } from '../../src/lib/recording/session-recorder.js';
import { type Disk, systemDisk } from '../../src/lib/storage/disk.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { crashed, failedChecks, manifestIn, recover } from '../support/mux-sessions.js';
import { type Leftovers, PowerCutDisk, replayLeftovers } from '../support/power-cut-disk.js';
import { recordingContext, rowsOf, samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

// Decoding is judged elsewhere, and takes its time.
beforeAll(() => {
  vi.stubEnv('FFMPEG_BIN', '/nonexistent/ffmpeg');
});

const packets = samplePackets(30);
const sent = Buffer.concat(packets.map((packet) => packet.payload));

function openRecorder(directory: string, disk: Disk): SessionRecorder {
  return new SessionRecorder({
    context: recordingContext(directory, disk),
    device: { id: 'd', name: 'd', model: null, address: '10.0.0.5', directoryName: 'd' },
    order: { captureId: null, label: null, request: null },
    inheritedParameterSets: [],
    onFailure: (_reason, error) => {
      throw error;
    },
  });
}

async function settled(recorder: SessionRecorder): Promise<void> {
  while (recorder.queuedBytes > 0 || recorder.isSyncing) await new Promise(setImmediate);
}

/** Lets the power fail, recovers, and resolves with the number of packets that are still there. */
async function afterCut(recordings: string, left: Leftovers, name: string): Promise<number> {
  const target = await temporaryDirectory();
  await replayLeftovers(left, recordings, target);
  const [session] = await readdir(target);
  if (session === undefined) return 0;
  const directory = join(target, session);
  const names = await readdir(directory);
  if (names.every((file) => file.startsWith('session.json'))) return 0;
  const before = await manifestIn(directory).catch(() => undefined);
  // The process that wrote it went with the power.
  if (before?.state !== 'complete' && before?.state !== 'recovered')
    await recoverAsAfterBoot(directory);
  expect(await failedChecks(directory), name).toEqual([]);
  const raw = await readFile(join(directory, 'stream.h264'));
  expect(sent.subarray(0, raw.length).equals(raw), `${name}: what was sent`).toBe(true);
  return rowsOf(await readFile(join(directory, 'frames.csv'), 'latin1')).length;
}

async function recoverAsAfterBoot(directory: string): Promise<void> {
  const path = join(directory, 'session.json');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const boot = /"bootId": "[^"]*"/;
  if (text !== undefined) {
    await writeFile(path, text.replace(boot, '"bootId": "the one before"'));
  }
  await recover(directory);
}

describe('after a power cut', () => {
  it('all that had been synced is there, and a whole MP4 of it', async () => {
    const recordings = await temporaryDirectory();
    const disk = new PowerCutDisk(systemDisk);
    const recorder = openRecorder(recordings, disk);
    await recorder.opened;
    let appended = 0;
    for (let round = 0; round < 6; round += 1) {
      for (const packet of packets.slice(appended, appended + 3)) recorder.append(packet);
      appended += 3;
      recorder.tick(0);
      await settled(recorder);
      const synced = appended;
      // More comes, and reaches the operating system but not the disk.
      for (const packet of packets.slice(appended, appended + 2)) recorder.append(packet);
      appended += 2;
      recorder.tick(Number.MAX_SAFE_INTEGER);
      await settled(recorder);
      const left = await afterCut(recordings, disk.leftovers, `after ${synced} packets`);
      expect(left).toBe(synced);
    }
    await recorder.finish('stopped');
  });

  it.each(['while it goes on', 'at its end'])(
    'the stream of a session is never there without its manifest, however slow that is: %s',
    async (when) => {
      const power = new PowerCutDisk(systemDisk);
      const disk = new FaultyDisk(power);
      disk.delay = async ({ name }) => {
        if (name === 'rename') await sleep(100);
      };
      const recorder = openRecorder(await temporaryDirectory(), disk);
      for (const packet of packets) recorder.append(packet);
      if (when === 'while it goes on') {
        const isDurable = () =>
          [...power.leftovers.keys()].some((path) => basename(path) === 'stream.h264');
        while (!isDurable()) {
          recorder.tick(0);
          await sleep(10);
        }
      }
      await recorder.finish('stopped');
      const alone = power.cuts
        .map((left) => [...left.keys()].map((path) => basename(path)))
        .filter((names) => names.includes('stream.h264') && !names.includes('session.json'));
      expect(alone).toEqual([]);
      expect(power.leftovers.size).toBe(4);
    },
  );

  it('at any moment from the first call to the last, the session is recovered or complete', async () => {
    const recordings = await temporaryDirectory();
    const disk = new PowerCutDisk(systemDisk);
    const recorder = openRecorder(recordings, disk);
    // The last two are left to the end: no tick has made them durable.
    for (const [index, packet] of packets.slice(0, 14).entries()) {
      recorder.append(packet);
      if (index % 4 === 3) {
        recorder.tick(0);
        await settled(recorder);
      }
    }
    await recorder.finish('stopped');
    expect(disk.cuts.length).toBeGreaterThan(8);
    let least = 0;
    for (const [index, left] of disk.cuts.entries()) {
      const packetsLeft = await afterCut(recordings, left, `cut ${index}`);
      expect(packetsLeft, `cut ${index}`).toBeGreaterThanOrEqual(least);
      least = packetsLeft;
    }
    expect(least).toBe(14);
  });

  it('in the middle of a recovery, the next one finishes it', async () => {
    const recordings = await temporaryDirectory();
    const directory = await crashed(recordings, packets);
    const index = join(directory, 'frames.csv');
    await truncate(index, (await stat(index)).size - 5);
    const disk = new PowerCutDisk(systemDisk);
    for (const name of await readdir(directory)) {
      disk.adopt(join(directory, name), await readFile(join(directory, name)));
    }
    const manifest = await manifestIn(directory);
    const facts = { manifest, why: 'a test', version: '0.0.0-test', nowMs: 1.5e12 };
    await recoverSession({ disk, directory, ...facts });
    expect(disk.cuts.length).toBeGreaterThan(4);
    const packetsLeft: number[] = [];
    for (const [number, left] of disk.cuts.entries()) {
      packetsLeft.push(await afterCut(recordings, left, `cut ${number}`));
    }
    expect(new Set(packetsLeft)).toEqual(new Set([packets.length - 1]));
  });

  it('right after a recovery, what the killed process had not synced is there', async () => {
    const recordings = await temporaryDirectory();
    const directory = await crashed(recordings, packets);
    const disk = new PowerCutDisk(systemDisk);
    for (const name of await readdir(directory)) {
      const bytes = await readFile(join(directory, name));
      const synced = name === 'session.json' ? bytes : bytes.subarray(0, bytes.length / 2);
      disk.adopt(join(directory, name), bytes, synced);
    }
    await recover(directory, disk);
    expect(disk.cuts.length).toBeGreaterThan(4);
    const packetsLeft: number[] = [];
    for (const [number, left] of disk.cuts.entries()) {
      packetsLeft.push(await afterCut(recordings, left, `cut ${number}`));
    }
    expect(packetsLeft[0]).toBeLessThan(packets.length);
    expect(packetsLeft.at(-1)).toBe(packets.length);
  });
});
