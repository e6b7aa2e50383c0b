import { expect, it } from 'vitest';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { recordSession, samplePackets, withoutWaiting } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

it('tells the pictures per second by the device’s clock and by arrival, the configuration left out', async () => {
  // Taken ten times a second, they arrive five times a second, long after the configuration.
  const packets = samplePackets(21).map((packet, index) => ({
    ...packet,
    arrivalMs: index === 0 ? 1e12 : 1e12 + 60_000 + 200 * index,
  }));
  const directory = await temporaryDirectory();
  const { session } = await recordSession({ directory, disk: withoutWaiting(systemDisk), packets });
  expect(session.manifest).toMatchObject({
    state: 'complete',
    durationMs: 2100,
    frameRate: { device: 10, arrival: 5 },
  });
});
