import { expect, it } from 'vitest';
import { receivedPacket } from '../../src/lib/recording/received-packet.js';
import { MAX_PARTS } from '../../src/lib/recording/session-parts.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { annexB, pps, slice, sps } from '../support/h264-builder.js';
import { recordSession, withoutWaiting } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

it('ends the session of a camera whose parameter sets never stay the same', async () => {
  const sets = [{ widthInMbs: 4 }, { widthInMbs: 5 }];
  const packets = Array.from({ length: MAX_PARTS + 20 }, (_, n) => {
    const set = sets[n % 2] ?? {};
    const payload = annexB([sps(set), pps({}), slice({ sps: set, idr: true, idrPicId: n % 2 })]);
    return receivedPacket({ sequence: n, timestampMs: 100 * n, payload }, 1e12 + n, 'annex-b');
  });
  const directory = await temporaryDirectory();
  const { session, sent } = await recordSession({
    directory,
    disk: withoutWaiting(systemDisk),
    packets,
    packetsPerTick: 1,
  });
  const { manifest } = session;
  expect(manifest).toMatchObject({ state: 'complete', reason: 'too-many-parts' });
  // One more may have been on its way.
  expect(manifest.parts.length - MAX_PARTS).toBeOneOf([0, 1]);
  expect(manifest.counts.frames).toBe(sent.length);
});
