import { expect, it } from 'vitest';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { FaultyDisk } from '../support/faulty-disk.js';
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

it('says what to do where a file met the greatest size that it may have, which is no full disk', async () => {
  const directory = await temporaryDirectory();
  const disk = new FaultyDisk(systemDisk, ({ name, path }) =>
    name === 'writev' && path.endsWith('.mp4') ? { fail: 'EFBIG' } : 'pass',
  );
  const { session } = await recordSession({ directory, disk, packets: samplePackets(21) });
  expect(session.manifest).toMatchObject({
    state: 'failed',
    reason: 'file-limit',
    reasonText: expect.stringMatching(
      /^EFBIG: .*stream\.mp4'; try: camrec mux --output, to another/,
    ),
  });
});
