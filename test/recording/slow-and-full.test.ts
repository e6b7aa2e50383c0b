import { readdir } from 'node:fs/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { SessionRecorder } from '../../src/lib/recording/session-recorder.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import {
  DiskReserves,
  RESERVE_BYTES,
  Reserve,
  SPARE_RESERVES,
} from '../../src/lib/storage/disk-reserve.js';
import { largePackets } from '../support/large-packets.js';
import { checkInvariants, recordingContext } from '../support/recorded-session.js';
import { SmallDisk } from '../support/small-disk.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

it('finishes with everything when the disk is full and much was waiting for it', async () => {
  const directory = await temporaryDirectory();
  const small = new SmallDisk(systemDisk);
  const reserves = new DiskReserves({ disk: small.disk, directory });
  const reasons: string[] = [];
  const recorder = new SessionRecorder({
    context: recordingContext(directory, small.disk, { reserves }),
    device: { id: 'd', name: 'd', model: null, address: '10.0.0.5', directoryName: 'd' },
    order: { captureId: null, label: null, request: null },
    inheritedParameterSets: [],
    onFailure: (reason) => reasons.push(reason),
  });
  await recorder.opened;
  small.hold();
  const packets = largePackets(60);
  for (const [index, packet] of packets.entries()) {
    recorder.append(packet);
    if (index % 5 === 4) recorder.tick(60_000);
  }
  expect(recorder.queuedBytes).toBeGreaterThan(3 * RESERVE_BYTES);
  await reserves.filled();
  small.fill();
  small.release();
  const session = await recorder.finish('stopped');
  expect(reasons).toContain('disk-full');
  expect(session.manifest).toMatchObject({ state: 'complete', counts: { dropped: 0 } });
  expect(await checkInvariants({ session, sent: packets })).toHaveLength(packets.length);
  await reserves.close();
});

it('keeps no room back for sessions that only wait for their turn at the disk', async () => {
  const directory = await temporaryDirectory();
  const reserves = new DiskReserves({ disk: systemDisk, directory, bytes: 1 });
  let release: () => void = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const context = {
    ...recordingContext(directory, systemDisk, { reserves }),
    inSyncTurn: async <T>(sync: () => Promise<T>) => {
      await released;
      return sync();
    },
  };
  const sessions = Array.from({ length: 3 * SPARE_RESERVES }, (_, index) => {
    const recorder = new SessionRecorder({
      context,
      device: { id: 'd', name: 'd', model: null, address: '10.0.0.5', directoryName: `d${index}` },
      order: { captureId: null, label: null, request: null },
      inheritedParameterSets: [],
      onFailure: () => {},
    });
    for (const packet of largePackets(2)) recorder.append(packet);
    return recorder.finish('stopped');
  });
  await reserves.filled();
  await vi.waitFor(
    async () => {
      const names = await readdir(directory);
      expect(names.filter((name) => name.startsWith('.camrec'))).toHaveLength(SPARE_RESERVES);
      expect(names.filter((name) => name.startsWith('d'))).toHaveLength(sessions.length);
    },
    { timeout: 20_000 },
  );
  release();
  for (const session of sessions) expect((await session).manifest.state).toBe('complete');
  await reserves.close();
});

it('finishes a session on a disk that fills when the next one has the room that it kept back', async () => {
  const directory = await temporaryDirectory();
  const small = new SmallDisk(systemDisk);
  const reserves = new DiskReserves({ disk: small.disk, directory });
  let turn = Promise.resolve();
  const context = {
    ...recordingContext(directory, small.disk, { reserves }),
    inSyncTurn: async <T>(sync: () => Promise<T>) => {
      await turn;
      return sync();
    },
  };
  const open = (name: string) =>
    new SessionRecorder({
      context,
      device: { id: name, name, model: null, address: '10.0.0.5', directoryName: name },
      order: { captureId: null, label: null, request: null },
      inheritedParameterSets: [],
      onFailure: () => {},
    });
  const first = open('first');
  for (const packet of largePackets(2)) first.append(packet);
  await first.opened;
  let release: () => void = () => {};
  turn = new Promise((resolve) => {
    release = resolve;
  });
  const giveBack = vi.spyOn(Reserve.prototype, 'giveBack');
  onTestFinished(() => giveBack.mockRestore());
  const finished = first.finish('stopped');
  await vi.waitFor(() => expect(giveBack).toHaveBeenCalled(), { timeout: 20_000 });
  turn = Promise.resolve();
  const second = open('second');
  await second.opened;
  await reserves.filled();
  small.fill();
  release();
  expect((await finished).manifest).toMatchObject({ state: 'complete', reason: 'stopped' });
  expect((await second.finish('stopped')).manifest.state).toBe('failed');
  await reserves.close();
});
