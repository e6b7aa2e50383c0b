/**
 * A disk that is too slow for the stream: the queue stays bounded, what does not fit is counted, and what is recorded
 * can be decoded.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PacketKind } from '../../src/lib/h264/classify.js';
import { NAL } from '../../src/lib/h264/nal-unit-type.js';
import { MAX_PENDING_BYTES, Overload } from '../../src/lib/recording/overload.js';
import { SessionRecorder } from '../../src/lib/recording/session-recorder.js';
import { TICK_EVERY_MS } from '../../src/lib/recording/session-sync.js';
import { type Disk, type DiskFile, systemDisk } from '../../src/lib/storage/disk.js';
import { INDEX_FILE, RAW_FILE } from '../../src/lib/storage/session-files.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { otherNalUnit, sei } from '../support/h264-builder.js';
import { ManualClock } from '../support/manual-clock.js';
import {
  recordingContext,
  rowsOf,
  samplePackets,
  withoutWaiting,
} from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe('overload', () => {
  const of = (kind: PacketKind, ...nalUnits: Uint8Array[]) => ({ kind, nalUnits });
  const [first] = samplePackets(0);
  const key = of('key');
  const delta = of('delta');

  it('drops whole groups of pictures, until half of the queue is free', () => {
    const overload = new Overload(() => 100);
    const admitted = [
      overload.admit(key, 0),
      overload.admit(delta, 100),
      overload.admit(delta, 101),
      overload.admit(delta, 10),
      overload.admit(key, 51),
      overload.admit(delta, 10),
      overload.admit(key, 50),
      overload.admit(delta, 60),
    ];
    expect(admitted).toEqual([true, true, false, false, false, false, true, true]);
    expect(overload.dropped).toBe(4);
    expect(overload.isOverloaded).toBe(false);
  });

  it.each([
    ['nothing', of('config')],
    ['SEI', of('config', sei())],
    ['a delimiter', of('config', otherNalUnit(NAL.accessUnitDelimiter))],
    ['parameter sets with a picture in mid-group', of('delta', ...(first?.nalUnits ?? []))],
  ])('goes on in mid-group, whatever packets stand there: %s', (_name, packet) => {
    const overload = new Overload(() => 100);
    const admitted = [
      overload.admit(delta, 101),
      overload.admit(packet, 0),
      overload.admit(key, 0),
    ];
    expect(admitted).toEqual([false, false, true]);
  });

  it('ends with the parameter sets that go before a key picture', () => {
    const overload = new Overload(() => 100);
    const config = of('config', ...(first?.nalUnits ?? []));
    const admitted = [
      overload.admit(delta, 101),
      overload.admit(config, 0),
      overload.admit(key, 0),
    ];
    expect(admitted).toEqual([false, true, true]);
  });

  it('takes one message of any size while nothing waits', () => {
    const overload = new Overload();
    expect(overload.admit(key, MAX_PENDING_BYTES)).toBe(true);
    expect(overload.admit(delta, MAX_PENDING_BYTES + 1)).toBe(false);
  });
});

it('records what the disk takes, counts the rest, and says that it does', async () => {
  const directory = await temporaryDirectory();
  const disk = new FaultyDisk(withoutWaiting(systemDisk));
  let release = () => {};
  const limit = 300_000;
  const recorder = new SessionRecorder({
    context: recordingContext(directory, disk, { maxPendingBytes: () => limit }),
    device: { id: 'd', name: 'd', model: null, address: '10.0.0.5', directoryName: 'd' },
    order: { captureId: null, label: null, request: null },
    inheritedParameterSets: [],
    onFailure: () => {},
  });
  await recorder.opened;
  const packets = samplePackets(400);
  const largest = Math.max(...packets.map(({ payload }) => payload.length));
  const sent = [];
  for (const packet of packets) {
    // The disk stands still for the middle of the stream.
    if (sent.length === 50) {
      const stuck = new Promise<void>((resolve) => {
        release = resolve;
      });
      disk.delay = async ({ name }) => {
        if (name === 'writev') await stuck;
      };
    }
    if (sent.length === 300) {
      expect(recorder.isOverloaded).toBe(true);
      expect(recorder.progress.dropped).toBeGreaterThan(0);
      disk.delay = undefined;
      release();
      await expect.poll(() => recorder.queuedBytes).toBeLessThan(limit / 2);
    }
    recorder.append(packet);
    sent.push(packet);
    // The raw stream and the MP4 each hold it, and a fragment comes in one piece.
    expect(recorder.queuedBytes).toBeLessThan(limit + 2 * largest + 600_000);
    if (sent.length % 10 === 0) {
      recorder.tick(1e9);
      await new Promise(setImmediate);
    }
  }
  const session = await recorder.finish('stopped');
  const { counts } = session.manifest;
  expect(session.manifest.state).toBe('complete');
  expect(counts.dropped).toBeGreaterThan(50);
  expect(counts.packets + counts.dropped).toBe(sent.length);
  expect(counts.lost).toBe(counts.dropped);
  // Every picture that was recorded has those that it needs: only a key picture follows a gap.
  const rows = rowsOf(await readFile(join(session.directory, 'frames.csv'), 'latin1'));
  const gaps = rows.filter(
    ({ sequence }, index) => sequence !== (rows[index - 1]?.sequence ?? -1) + 1,
  );
  expect(gaps.length).toBeGreaterThan(0);
  expect(gaps.every(({ kind }) => kind === 'key')).toBe(true);
});

describe('a disk that takes longer for each write than it is until the next packet', () => {
  const GAP_MS = 30;
  const SYNC_MS = 2_000;

  it.each([40, 100])('keeps rows coming and syncs, with %i ms for each', async (writeMs) => {
    const clock = new ManualClock();
    const { disk, written } = unhurriedDisk(clock, writeMs);
    const directory = await temporaryDirectory();
    const recorder = new SessionRecorder({
      context: recordingContext(directory, disk, { clock }),
      device: { id: 'd', name: 'd', model: null, address: '10.0.0.5', directoryName: 'd' },
      order: { captureId: null, label: null, request: null },
      inheritedParameterSets: [],
      onFailure: (reason) => expect.unreachable(reason),
    });
    await recorder.opened;
    const packets = samplePackets(300);
    const ends: number[] = [];
    let mostBehind = 0;
    let mostUnsyncedMs = 0;
    for (const [index, packet] of packets.entries()) {
      recorder.append(packet);
      ends.push(packet.payload.length + (ends.at(-1) ?? 0));
      if ((index * GAP_MS) % TICK_EVERY_MS === 0) recorder.tick(SYNC_MS);
      for (let ms = 0; ms < GAP_MS; ms += 10) {
        clock.advance(10);
        // All that follows the disk's answers.
        await new Promise(setImmediate);
      }
      const rows = rowsOf(written.index());
      expect(ends[rows.length - 1] ?? 0, 'a row has its bytes').toBeLessThanOrEqual(written.raw());
      mostBehind = Math.max(mostBehind, index + 1 - rows.length);
      mostUnsyncedMs = Math.max(mostUnsyncedMs, recorder.unsyncedMs);
    }
    // A tick, and each file may have a write that goes on and one that waits for it.
    expect(mostBehind).toBeLessThanOrEqual((2 * TICK_EVERY_MS + 4 * writeMs) / GAP_MS);
    expect(mostUnsyncedMs).toBeLessThanOrEqual(SYNC_MS + TICK_EVERY_MS + 8 * writeMs);
    const finished = recorder.finish('stopped');
    let isFinished = false;
    void finished.then(() => {
      isFinished = true;
    });
    while (!isFinished) {
      clock.advance(10);
      await new Promise(setImmediate);
    }
    expect((await finished).manifest.counts.packets).toBe(packets.length);
    expect(rowsOf(written.index())).toHaveLength(packets.length);
  });
});

/** Takes all streams into memory, each write in so many milliseconds of the clock; the manifest is on the real disk. */
function unhurriedDisk(clock: ManualClock, writeMs: number) {
  const files = new Map<string, Buffer>();
  const open = (name: string): DiskFile => ({
    async writev(chunks, position) {
      const bytes = Buffer.concat(chunks);
      await new Promise<void>((resolve) => clock.after(writeMs, resolve));
      const before = files.get(name) ?? Buffer.alloc(0);
      const after = Buffer.concat([before], Math.max(before.length, position + bytes.length));
      bytes.copy(after, position);
      files.set(name, after);
      return bytes.length;
    },
    read: async () => 0,
    sync: async () => {},
    size: async () => files.get(name)?.length ?? 0,
    close: async () => {},
  });
  const disk: Disk = {
    ...systemDisk,
    open: async (path, mode) =>
      basename(path).startsWith('session.json')
        ? systemDisk.open(path, mode)
        : open(basename(path)),
    fileSize: async (path) => files.get(basename(path))?.length,
    syncDirectory: async () => {},
  };
  const written = {
    raw: () => files.get(RAW_FILE)?.length ?? 0,
    index: () => files.get(INDEX_FILE)?.toString('latin1') ?? '',
  };
  return { disk, written };
}
