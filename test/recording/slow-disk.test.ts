/**
 * A disk that is too slow for the stream: the queue stays bounded, what does not fit is counted, and what is recorded
 * can be decoded.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_PENDING_BYTES, Overload } from '../../src/lib/recording/overload.js';
import { SessionRecorder } from '../../src/lib/recording/session-recorder.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import {
  recordingContext,
  rowsOf,
  samplePackets,
  withoutWaiting,
} from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe('overload', () => {
  it('drops whole groups of pictures, until half of the queue is free', () => {
    const overload = new Overload(() => 100);
    const admitted = [
      overload.admit('key', 0),
      overload.admit('delta', 100),
      overload.admit('delta', 101),
      overload.admit('delta', 10),
      overload.admit('key', 51),
      overload.admit('delta', 10),
      overload.admit('key', 50),
      overload.admit('delta', 60),
    ];
    expect(admitted).toEqual([true, true, false, false, false, false, true, true]);
    expect(overload.dropped).toBe(4);
    expect(overload.isOverloaded).toBe(false);
  });

  it('takes one message of any size while nothing waits', () => {
    const overload = new Overload();
    expect(overload.admit('key', MAX_PENDING_BYTES)).toBe(true);
    expect(overload.admit('delta', MAX_PENDING_BYTES + 1)).toBe(false);
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
