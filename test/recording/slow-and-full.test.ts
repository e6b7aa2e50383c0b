import { expect, it } from 'vitest';
import { SessionRecorder } from '../../src/lib/recording/session-recorder.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { DiskReserves, RESERVE_BYTES } from '../../src/lib/storage/disk-reserve.js';
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
