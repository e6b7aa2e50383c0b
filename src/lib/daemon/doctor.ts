/**
 * Looks at everything that recording needs, and says what to do about what is missing: what `camrec doctor` shows.
 */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { findDaemons } from '../admin/find-daemon.js';
import type { DaemonInfo } from '../admin/protocol.js';
import { errorMessage, systemErrorCode } from '../base/errors.js';
import { formatBytes, formatDuration } from '../base/format.js';
import type { ProcessIdentity } from '../base/process-identity.js';
import { leaveRemovedDirectory } from '../base/removed-directory.js';
import { shellWord } from '../base/shell-word.js';
import { ffmpegVersion } from '../ffmpeg/ffmpeg.js';
import { listenError } from '../ingest/http-listener.js';
import { directoryLockHolder } from '../storage/directory-lock.js';
import type { Disk } from '../storage/disk.js';
import { needsRoom } from '../storage/reserved-disk.js';
import { writeAll } from '../storage/write-all.js';
import { checkAdmin } from './doctor-admin.js';
import { type Finding, failed, ok, warning } from './finding.js';
import { nearestThere } from './nearest-there.js';

export interface DoctorOptions {
  readonly disk: Disk;
  readonly host: string;
  readonly port: number;
  /** The recordings directory. */
  readonly directory: string;
  readonly minFreeBytes: number;
  /** Of Node, such as `20.19.0`. */
  readonly nodeVersion: string;
  /** Where the runtime directory is read from; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** The oldest Node that has everything. */
const NODE_VERSION = [20, 19] as const;

/** Written to measure the disk: several seconds of several phones. */
const PROBE_BYTES = 4 * 1024 * 1024;

/** Below this the disk is too slow for a handful of phones: both files of each take a megabyte a second. */
const SLOW_BYTES_PER_SECOND = 10e6;

/** A slower sync than this holds up the sync of every session. */
const SLOW_SYNC_MS = 500;

/** Clocks of two file systems of one machine agree better than this. */
const MAX_SKEW_MS = 2_000;

const MAKE_ROOM = 'Remove old sessions, or choose another disk with --dir.';

const PROBE_FILE = '.camrec.doctor';

/** Makes all checks, in the order in which they are shown, and leaves nothing behind. Never rejects. */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const directory = resolve(options.directory);
  const place = await nearestThere(directory);
  const occupancy = await lookAround(options, directory);
  const found = await checkDirectory(directory, place, occupancy);
  const usable = found.state !== 'failed';
  return [
    checkNode(options.nodeVersion),
    await checkFfmpeg(),
    checkPort(options, occupancy),
    await checkAdmin(options.port, options.env ?? process.env),
    found,
    usable ? await checkDisk(options.disk, place, options.minFreeBytes) : notLookedAt('disk'),
    await checkClock(),
  ];
}

/** Whether recording works. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state !== 'failed');
}

function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [least, leastMinor] = NODE_VERSION;
  if (major > least || (major === least && minor >= leastMinor)) {
    return ok('node', `Node ${version}`);
  }
  const wanted = NODE_VERSION.join('.');
  return failed('node', `Node ${version} is too old`, `Install Node ${wanted} or later.`);
}

async function checkFfmpeg(): Promise<Finding> {
  const version = await ffmpegVersion();
  if (version !== undefined) return ok('ffmpeg', version);
  const detail = 'ffmpeg cannot be run: everything is recorded, without thumbnails';
  return warning('ffmpeg', detail, 'Install ffmpeg, or say where it is with FFMPEG_BIN.');
}

/** Who is where a daemon would be. */
interface Occupancy {
  /** Why nobody can listen on the port. */
  readonly error: Error | undefined;
  /** The daemon that serves the port. */
  readonly daemon: DaemonInfo | undefined;
  /** The process that records into the directory. */
  readonly holder: ProcessIdentity | undefined;
  /** Whether that process may be what has the port. */
  readonly holderMayServe: boolean;
}

async function lookAround(options: DoctorOptions, directory: string): Promise<Occupancy> {
  const { host, port, env } = options;
  const error = await listenOnce(host, port);
  const isTaken = systemErrorCode(error) === 'EADDRINUSE';
  const holder = await directoryLockHolder(directory).catch(() => undefined);
  const daemons = isTaken ? await runningDaemons(env) : [];
  const daemon = daemons.find((info) => info.port === port);
  const holderMayServe =
    isTaken && (daemon !== undefined || !daemons.some((info) => info.dir === directory));
  return { error, daemon, holder, holderMayServe };
}

function checkPort({ host, port }: DoctorOptions, occupancy: Occupancy): Finding {
  const { error, daemon, holder, holderMayServe } = occupancy;
  if (error === undefined) return ok('port', `${host}:${port} is free`);
  if (systemErrorCode(error) !== 'EADDRINUSE') {
    const { hint = null } = listenError(error, host, port);
    return failed('port', `cannot listen on ${host}:${port}: ${errorMessage(error)}`, hint);
  }
  if (daemon !== undefined) {
    return ok('port', `${host}:${port} is in use, by the daemon that runs (process ${daemon.pid})`);
  }
  if (holder !== undefined && holderMayServe) {
    const detail = `${host}:${port} is in use, perhaps by the daemon of process ${holder.pid}, which cannot be asked`;
    return warning('port', detail, 'If it is not that one, choose another port with --port.');
  }
  const advice = 'End that program, or choose another port with --port.';
  return failed('port', `${host}:${port} is in use by another program`, advice);
}

/** The daemons that answer this user. None where they cannot be looked for. */
async function runningDaemons(env: NodeJS.ProcessEnv | undefined): Promise<DaemonInfo[]> {
  const found = await findDaemons({ env }).catch(() => []);
  for (const { client } of found) client.close();
  return found.map(({ info }) => info);
}

async function listenOnce(host: string, port: number): Promise<Error | undefined> {
  const server = createServer();
  const error = await new Promise<Error | undefined>((settled) => {
    server.once('error', settled);
    server.listen({ host, port, exclusive: true }, () => settled(undefined));
  });
  if (error === undefined) await new Promise((closed) => server.close(closed));
  return error;
}

async function checkDirectory(
  directory: string,
  place: string,
  { holder, holderMayServe }: Occupancy,
): Promise<Finding> {
  const { R_OK, W_OK, X_OK } = constants;
  const isThere = place === directory;
  try {
    // The slash has the system refuse a file.
    await access(`${place}/`, isThere ? R_OK | W_OK | X_OK : W_OK | X_OK);
  } catch (error) {
    const advice = 'Choose a directory that you may write to with --dir.';
    return failed('directory', `cannot use ${directory}: ${errorMessage(error)}`, advice);
  }
  if (!isThere) {
    return ok('directory', `${directory} is not there yet: serve will make it, below ${place}`);
  }
  if (holder !== undefined && !holderMayServe) {
    const detail = `another daemon records into ${directory} (process ${holder.pid})`;
    return failed('directory', detail, 'Use that one, stop it, or choose another with --dir.');
  }
  const { mode } = await stat(directory);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const detail = `others on this machine can look into ${directory}`;
    return warning('directory', detail, `Close it with: chmod 700 ${shellWord(directory)}`);
  }
  return ok('directory', `${directory} can be written to, by this user alone`);
}

async function checkDisk(disk: Disk, directory: string, minFreeBytes: number): Promise<Finding> {
  const path = join(directory, PROBE_FILE);
  try {
    const freeBytes = await disk.freeBytes(directory);
    const free = `${formatBytes(freeBytes)} free`;
    if (freeBytes < minFreeBytes) {
      const detail = `${free}, less than --min-free ${formatBytes(minFreeBytes)}: nothing is recorded`;
      return failed('disk', detail, MAKE_ROOM);
    }
    const { bytesPerSecond, syncMs, skewMs } = await measure(disk, path);
    const speed = `${free}, ${formatBytes(bytesPerSecond)}/s, a sync takes ${formatDuration(syncMs)}`;
    if (skewMs > MAX_SKEW_MS) {
      const detail = `the clock of the file system is ${formatDuration(skewMs)} off`;
      return warning('disk', detail, 'Set the clock of the machine that the directory is on.');
    }
    if (bytesPerSecond < SLOW_BYTES_PER_SECOND || syncMs > SLOW_SYNC_MS) {
      return warning('disk', speed, 'It is slow: record to a local disk, or fewer phones at once.');
    }
    return ok('disk', speed);
  } catch (error) {
    const advice = needsRoom(error) ? MAKE_ROOM : 'See the disk.';
    return failed('disk', `cannot write to ${directory}: ${errorMessage(error)}`, advice);
  } finally {
    await disk.remove(path).catch(() => {});
  }
}

async function measure(disk: Disk, path: string) {
  const file = await disk.open(path, 'replace');
  try {
    const started = performance.now();
    const filling = Buffer.alloc(PROBE_BYTES, 0x5a);
    await writeAll(file, path, filling);
    await file.sync();
    const seconds = (performance.now() - started) / 1000;
    await file.writev([filling.subarray(0, 4096)], PROBE_BYTES);
    const beforeSync = performance.now();
    await file.sync();
    const syncMs = performance.now() - beforeSync;
    const skewMs = Math.abs((await stat(path)).mtimeMs - Date.now());
    return { bytesPerSecond: PROBE_BYTES / seconds, syncMs, skewMs };
  } finally {
    await file.close();
  }
}

/** Times of recordings are only as good as the clock: asked of systemd, where there is one. */
async function checkClock(): Promise<Finding> {
  const now = new Date();
  const iso = now.toISOString();
  if (now.getUTCFullYear() < 2025) {
    return failed('clock', `it is ${iso}, says the clock`, 'Set the clock.');
  }
  const args = ['show', '--property=NTPSynchronized', '--value'];
  leaveRemovedDirectory();
  const asked = await execa('timedatectl', args, {
    reject: false,
    timeout: 3_000,
    stdin: 'ignore',
  });
  const answer = asked.failed ? '' : asked.stdout.trim();
  if (answer === 'yes') return ok('clock', `${iso}, synchronized`);
  if (answer === 'no') {
    const advice = 'Turn synchronization on with: timedatectl set-ntp true';
    return warning('clock', `${iso}, not synchronized with a time server`, advice);
  }
  return ok('clock', `${iso}; whether it is synchronized is not known`);
}

function notLookedAt(name: Finding['name']): Finding {
  return failed(name, 'not looked at, since the directory cannot be used', null);
}
