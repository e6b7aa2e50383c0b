/**
 * A whole session of a shipped sample through the real recorder, on a disk that a test may spoil, and the checks that
 * hold whatever became of it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Clock, systemClock } from '../../src/lib/base/clock.js';
import { silentLogger } from '../../src/lib/base/logger.js';
import { type ReceivedPacket, receivedPacket } from '../../src/lib/recording/received-packet.js';
import type {
  EndReason,
  FinishedSession,
  RecordingContext,
} from '../../src/lib/recording/session-info.js';
import { SessionRecorder } from '../../src/lib/recording/session-recorder.js';
import { loadShippedSamples } from '../../src/lib/simulate/shipped-samples.js';
import type { Disk } from '../../src/lib/storage/disk.js';
import type { DiskReserves } from '../../src/lib/storage/disk-reserve.js';
import type { IndexRow } from '../../src/lib/storage/frame-index.js';
import { parseManifest } from '../../src/lib/storage/manifest.js';
import { rowsOfLines } from './index-rows.js';
import { readByMp4box } from './mp4-judges.js';

const [sample] = await loadShippedSamples();

/** Configuration and `pictures` pictures as a phone sends them, ten a second. */
export function samplePackets(pictures: number): ReceivedPacket[] {
  const payloads = [Buffer.concat(sample.config)];
  for (let n = 0; n < pictures; n += 1) {
    const index = n < sample.pictures.length ? n : sample.loopTo + (n % (100 - sample.loopTo));
    payloads.push(Buffer.from(sample.pictures[index]?.bytes ?? []));
  }
  return payloads.map((payload, sequence) => {
    const timestampMs = sequence === 0 ? 0 : 5000 + 100 * sequence;
    return receivedPacket({ sequence, timestampMs, payload }, 1e12 + 100 * sequence, 'annex-b');
  });
}

export function recordingContext(
  directory: string,
  disk: Disk,
  more: Partial<RecordingContext> = {},
): RecordingContext {
  return {
    disk,
    clock: systemClock as Clock,
    logger: silentLogger,
    directory,
    version: '0.0.0-test',
    makeThumbnail: async () => false,
    inSyncTurn: (work) => work(),
    ...more,
  };
}

/** The disk without the waiting for it: what reaches the operating system is what counts here. */
export function withoutWaiting(disk: Disk): Disk {
  return {
    ...disk,
    async open(path, mode) {
      return { ...(await disk.open(path, mode)), sync: async () => {} };
    },
    syncDirectory: async () => {},
  };
}

export interface RecordOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly reserves?: DiskReserves | undefined;
  readonly packets: readonly ReceivedPacket[];
  /** Packets between two ticks, as the daemon's timer makes them. */
  readonly packetsPerTick?: number;
}

export interface Recorded {
  readonly session: FinishedSession;
  /** Packets handed to the recorder before it ended. */
  readonly sent: readonly ReceivedPacket[];
}

/** Records as a device does: a failure ends the session, and nothing more is sent to it. */
export async function recordSession(options: RecordOptions): Promise<Recorded> {
  const { directory, disk, reserves, packets, packetsPerTick = 10 } = options;
  let finished: Promise<FinishedSession> | undefined;
  const end = (reason: EndReason) => {
    finished ??= recorder.finish(reason);
  };
  const recorder = new SessionRecorder({
    context: recordingContext(directory, disk, { reserves }),
    device: { id: 'd', name: 'd', model: null, address: '10.0.0.5', directoryName: 'd' },
    order: { captureId: null, label: null, request: null },
    inheritedParameterSets: [],
    onFailure: end,
  });
  await recorder.opened.catch(() => {});
  const sent: ReceivedPacket[] = [];
  for (const packet of packets) {
    if (finished !== undefined) break;
    recorder.append(packet);
    sent.push(packet);
    if (sent.length % packetsPerTick !== 0) continue;
    recorder.tick(0);
    // The disk's calls are settled before the next tick, so that every run makes the same ones.
    while (finished === undefined && (recorder.queuedBytes > 0 || recorder.isSyncing)) {
      await new Promise(setImmediate);
    }
  }
  end('stopped');
  if (finished === undefined) throw new Error('not ended');
  return { session: await finished, sent };
}

/** Whole rows of an index, torn last line left out. */
export function rowsOf(csv: string): IndexRow[] {
  const lines = csv.slice(0, csv.lastIndexOf('\n') + 1).split('\n');
  return rowsOfLines(lines.slice(1, -1));
}

/**
 * What holds of every session however it ended: rows have their bytes, the bytes are those that were sent, counts are
 * true, and what says that it is complete is.
 */
export async function checkInvariants({ session, sent }: Recorded): Promise<IndexRow[]> {
  const { directory, manifest } = session;
  const read = (name: string) => readFile(join(directory, name)).catch(() => Buffer.alloc(0));
  const raw = await read('stream.h264');
  const rows = rowsOf((await read('frames.csv')).toString('latin1'));
  for (const [index, { offset, size, sequence }] of rows.entries()) {
    expect(sequence, 'rows are the packets in order').toBe(sent[index]?.sequence);
    expect(Buffer.compare(raw.subarray(offset, offset + size), sent[index]?.payload ?? raw)).toBe(
      0,
    );
  }
  const { counts } = manifest;
  expect(rows, 'packets are the rows').toHaveLength(counts.packets);
  expect(counts.packets + counts.dropped, 'nothing is lost silently').toBe(sent.length);
  const pictures = rows.filter(({ kind }) => kind !== 'config');
  const ofRows = {
    bytes: raw.length,
    config: rows.length - pictures.length,
    frames: pictures.length,
    keyFrames: pictures.filter(({ kind }) => kind === 'key').length,
  };
  expect(counts, 'counts are what is on disk').toMatchObject(ofRows);
  const onDisk = parseManifest((await read('session.json')).toString());
  if (manifest.state !== 'complete') {
    expect(manifest.state).toBe('failed');
    expect(manifest.reason).not.toBeNull();
    // What is on disk may be older, but says nothing that is not so.
    if (onDisk.ok && onDisk.manifest.state === 'complete') {
      expect(onDisk.manifest.counts.packets).toBe(rows.length);
    }
    return rows;
  }
  expect(onDisk).toEqual({ ok: true, manifest });
  expect(manifest.checksums?.raw.bytes).toBe(raw.length);
  const [part] = manifest.parts;
  const { samples, isFragmented } = readByMp4box(await read(part?.file ?? ''));
  expect(isFragmented).toBe(false);
  expect(samples.map(({ key }) => key)).toEqual(pictures.map(({ kind }) => kind === 'key'));
  return rows;
}
