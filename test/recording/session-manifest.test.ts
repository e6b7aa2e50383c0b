import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CamrecError } from '../../src/lib/base/errors.js';
import { recoverSession } from '../../src/lib/mux/recover-session.js';
import { diskFailure } from '../../src/lib/recording/session-manifest.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { FaultyDisk, systemError } from '../support/faulty-disk.js';
import { annexB, pps, slice, sps } from '../support/h264-builder.js';
import { packetOf } from '../support/mux-sessions.js';
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

it('keeps field pictures, counts them, and says that there is no MP4 of them', async () => {
  const set = { frameMbsOnly: false };
  const fields = (['top', 'bottom'] as const).map((field) => slice({ sps: set, idr: true, field }));
  const payloads = [annexB([sps(set), pps()]), annexB(fields)];
  const packets = payloads.map((payload, sequence) => packetOf(payload, sequence, 100 * sequence));
  const directory = await temporaryDirectory();
  const { session } = await recordSession({ directory, disk: withoutWaiting(systemDisk), packets });
  expect(session.manifest).toMatchObject({
    state: 'failed',
    reason: 'unsupported-stream',
    reasonText: expect.stringContaining('camrec mux --engine ffmpeg'),
    counts: { packets: 2, frames: 2, keyFrames: 2, unsupported: 2, undecodable: 0 },
    parts: [],
  });
  expect(await readFile(join(session.directory, 'stream.h264'))).toEqual(Buffer.concat(payloads));
});

it.each([
  ['EFBIG', 'file-limit', 'camrec mux --output, to another file system'],
  ['EMFILE', 'disk-error', 'more open files (ulimit -n)'],
])('says what to do after %s, which is no full disk', async (fail, reason, advice) => {
  const directory = await temporaryDirectory();
  const disk = new FaultyDisk(systemDisk, ({ name, path }) =>
    name === 'writev' && path.endsWith('.mp4') ? { fail } : 'pass',
  );
  const { session } = await recordSession({ directory, disk, packets: samplePackets(21) });
  expect(session.manifest).toMatchObject({
    state: 'failed',
    reason,
    reasonText: expect.stringContaining(`stream.mp4'; try: ${advice}`),
  });
  const options = { disk: systemDisk, directory: session.directory, version: '0', nowMs: 0 };
  const { manifest } = session;
  const recovered = await recoverSession({ ...options, manifest, why: 'it failed' });
  expect(recovered).toMatchObject({ state: 'recovered', reason });
  expect(recovered.reasonText).toMatch(/stream\.mp4'$/);
});

it.each([
  ['ENOSPC', 'disk-full'],
  ['EDQUOT', 'disk-full'],
  ['EFBIG', 'file-limit'],
  ['EIO', 'disk-error'],
])('knows what became of the disk by %s, be it the cause of another error', (code, reason) => {
  const cause = systemError(code, 'writev', 'stream.h264');
  expect(diskFailure(cause)).toBe(reason);
  expect(diskFailure(new CamrecError('DIRECTORY_UNUSABLE', 'no', { cause }))).toBe(reason);
});
