/**
 * Sessions on disk for the tests of muxing: recorded by the real recorder, then spoilt as crashes spoil them.
 */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type MuxOptions, mux } from '../../src/lib/mux/mux.js';
import type { MuxResult } from '../../src/lib/mux/mux-types.js';
import { recoverSession } from '../../src/lib/mux/recover-session.js';
import { sessionCondition } from '../../src/lib/mux/session-condition.js';
import { type ReceivedPacket, receivedPacket } from '../../src/lib/recording/received-packet.js';
import { loadShippedSamples } from '../../src/lib/simulate/shipped-samples.js';
import { type Disk, systemDisk } from '../../src/lib/storage/disk.js';
import { emptyCounts, type Manifest, parseManifest } from '../../src/lib/storage/manifest.js';
import { verifySession } from '../../src/lib/verify/verify-session.js';
import { recordSession, samplePackets, withoutWaiting } from './recorded-session.js';

export const fastDisk = withoutWaiting(systemDisk);

const samples = await loadShippedSamples();

/** Packets of several shipped samples, one after the other: the parameter sets change between them. */
export function packetsOfAllSamples(picturesEach: number): ReceivedPacket[] {
  const payloads = samples.flatMap((sample) => [
    Buffer.concat(sample.config),
    ...sample.pictures.slice(0, picturesEach).map((picture) => Buffer.from(picture.bytes)),
  ]);
  return payloads.map((payload, sequence) => packetOf(payload, sequence, 5000 + 100 * sequence));
}

export function packetOf(
  payload: Uint8Array,
  sequence: number,
  timestampMs: number,
  arrivalMs = 1e12 + 100 * sequence,
): ReceivedPacket {
  return receivedPacket({ sequence, timestampMs, payload }, arrivalMs, 'annex-b');
}

/** The same packets with other times. */
export function retimed(
  packets: readonly ReceivedPacket[],
  time: (index: number) => number,
): ReceivedPacket[] {
  return packets.map((packet, index) => ({ ...packet, timestampMs: time(index) }));
}

/** Records a session to its end. Resolves with its directory. */
export async function recorded(
  recordings: string,
  packets: readonly ReceivedPacket[] = samplePackets(25),
): Promise<string> {
  const { session } = await recordSession({ directory: recordings, disk: fastDisk, packets });
  return session.directory;
}

export async function manifestIn(directory: string): Promise<Manifest> {
  const parsed = parseManifest(await readFile(join(directory, 'session.json'), 'utf8'));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.manifest;
}

export async function writeManifestIn(directory: string, manifest: Manifest): Promise<void> {
  await writeFile(join(directory, 'session.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** A process that is no more. */
const DEAD = { version: '0', pid: 2 ** 22 + 1, processStart: '1' };

/** Makes of a finished session what `kill -9` leaves: the manifest of its beginning, and an MP4 that breaks off. */
export async function crashed(
  recordings: string,
  packets?: readonly ReceivedPacket[],
): Promise<string> {
  const directory = await recorded(recordings, packets);
  const manifest = await manifestIn(directory);
  await writeManifestIn(directory, {
    ...manifest,
    state: 'recording',
    reason: null,
    reasonText: null,
    endedAt: null,
    durationMs: 0,
    counts: emptyCounts(),
    frameRate: { device: 0, arrival: 0 },
    video: null,
    parts: [],
    checksums: null,
    timings: { stopToPlayableMs: null, stopToDurableMs: null },
    writer: { ...manifest.writer, ...DEAD },
  });
  const path = join(directory, 'stream.mp4');
  const mp4 = await readFile(path).catch(() => Buffer.alloc(0));
  if (mp4.length > 0) {
    // While recording, a free box keeps the place of the final header.
    mp4.set([0, 0, 0, 16, 0x66, 0x72, 0x65, 0x65, 0, 0, 0, 0, 0, 0, 0, 0], mp4.indexOf('mdat') - 4);
    await writeFile(path, mp4.subarray(0, Math.floor(mp4.length * 0.6)));
  }
  return directory;
}

/** Recovers as the daemon and `camrec mux` do. */
export async function recover(directory: string, disk: Disk = fastDisk): Promise<Manifest> {
  const condition = await sessionCondition(disk, directory);
  if (condition.kind !== 'unfinished') throw new Error(`it is ${condition.kind}`);
  const { manifest, why } = condition;
  return recoverSession({
    ...{ disk, directory, manifest, why },
    version: '0.0.0-test',
    nowMs: 1.5e12,
  });
}

/** The names of the checks that fail. */
export async function failedChecks(directory: string): Promise<string[]> {
  const { ok, checks } = await verifySession(directory, {
    disk: systemDisk,
    version: '0.0.0-test',
  });
  const names = checks.filter((check) => !check.ok).map(({ name, detail }) => `${name}: ${detail}`);
  if (ok !== (names.length === 0)) throw new Error('ok and its checks differ');
  return names;
}

export function muxAll(paths: string[], options: Partial<MuxOptions> = {}): Promise<MuxResult[]> {
  return mux({
    paths,
    disk: fastDisk,
    engine: 'builtin',
    fps: undefined,
    output: undefined,
    faststart: false,
    force: false,
    version: '0.0.0-test',
    now: () => 1.5e12,
    makeThumbnail: async () => false,
    ...options,
  });
}

/** A directory as the original server left it. */
export async function foreign(recordings: string, stream: Uint8Array): Promise<string> {
  const directory = join(recordings, '10.0.0.5_40000_20250601_120000');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'stream.h264'), stream);
  return directory;
}

/** Gives a session another name, as if it had begun at that time; the manifest follows. */
export async function renamed(directory: string, name: string): Promise<string> {
  const target = join(dirname(directory), name);
  await rename(directory, target);
  const manifest = await manifestIn(target);
  await writeManifestIn(target, { ...manifest, id: basename(target) });
  return target;
}

/** Names and contents of the files of a directory. */
export async function filesOf(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).sort();
  const contents = names.map((name) => readFile(join(directory, name), 'base64'));
  return Object.fromEntries(
    (await Promise.all(contents)).map((text, index) => [names[index] ?? '', text]),
  );
}
