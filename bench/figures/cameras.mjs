// Many cameras at their own pace: nothing lost, the event loop on time, memory bounded; then where it breaks.
import { rmSync } from 'node:fs';
import { Helper } from '../lib/child.mjs';
import { LOAD } from '../lib/paths.mjs';
import { cpuSeconds, residentBytes } from '../lib/processes.mjs';
import { missingIn } from '../lib/recordings.mjs';
import { CamrecServer, SMALL_BATCH_BYTES, startFloor } from '../lib/servers.mjs';

const MB = 1e6;
const DELAY_MS = 20;
const RESIDENT_MB = 150;

/** A bare server has reached what it needs after this. */
const BARE_SECONDS = 20;

/** One run of so many cameras. */
export async function runCameras({ cameras, fps, seconds, stream, pictureBytes, directory }) {
  const server = await CamrecServer.start(directory);
  const load = Helper.fork(LOAD);
  await load.call('connect', { url: server.url, count: cameras, stream, fps, pictureBytes });
  await load.call('startCapture');
  await server.events('session.opened', cameras);
  await server.helper.call('watchDelay');
  const before = cpuSeconds(server.pid);
  const pictures = fps * seconds;
  const sent = await load.call('send', { count: pictures + 1, fps });
  const cpu = (cpuSeconds(server.pid) - before) / (sent.elapsedMs / 1000);
  const delay = await server.helper.call('delay');
  await load.call('stopCapture');
  const finished = await server.events('session.finished', cameras);
  const resident = residentBytes(server.pid);
  await load.end();
  await server.end();
  rmSync(directory, { recursive: true });
  return {
    missing: missingIn(finished, pictures),
    closed: sent.closed,
    /** How much later than planned the load was at worst: when this is large, the load could not keep up. */
    loadLateMs: sent.latestMs,
    megabytesPerSecond: sent.bytes / MB / (sent.elapsedMs / 1000),
    cpu,
    delay,
    resident,
  };
}

/** Most that a bare server has resident under the same load: it throws all away, or writes it twice into `directory`. */
async function bareResident({ cameras, fps, seconds, stream, directory }) {
  const server = await startFloor(directory, SMALL_BATCH_BYTES);
  const load = Helper.fork(LOAD);
  await load.call('connect', { url: server.url, count: cameras, stream, fps });
  await load.call('send', { count: fps * Math.min(seconds, BARE_SECONDS) + 1, fps });
  await server.written();
  const { most } = residentBytes(server.pid);
  await load.end();
  await server.end();
  if (directory !== undefined) rmSync(directory, { recursive: true });
  return most / MB;
}

function told({ megabytesPerSecond, cpu, closed, loadLateMs }) {
  const rate = `${Math.round(megabytesPerSecond)} MB/s, ${Math.round(cpu * 100)}% of a core`;
  return `${rate}, load at most ${Math.round(loadLateMs)} ms late, ${closed} closed`;
}

export async function cameras({ sizes, stream, directoryFor, progress, fillMemory }) {
  const size = sizes.cameras;
  progress(`${size.cameras} for ${size.seconds} s`);
  fillMemory();
  const result = await runCameras({ ...size, stream, directory: directoryFor('cameras') });
  progress('bare servers');
  const thrownAway = await bareResident({ ...size, stream });
  fillMemory();
  const twice = await bareResident({ ...size, stream, directory: directoryFor('bare') });
  const what = `${size.cameras} at ${size.fps} fps for ${size.seconds} s`;
  return [
    {
      name: `pictures lost, ${what}`,
      value: result.missing,
      unit: '',
      atMost: 0,
      note: told(result),
    },
    {
      name: 'event-loop delay, 99th percentile',
      value: result.delay.p99,
      unit: 'ms',
      atMost: DELAY_MS,
      note: `greatest ${result.delay.max.toFixed(1)} ms`,
    },
    {
      name: 'resident, most',
      value: result.resident.most / MB,
      unit: 'MB',
      atMost: RESIDENT_MB,
      note: `${size.cameras} cameras; ${Math.round(result.resident.now / MB)} MB at the end`,
    },
    // What Node needs for these messages, before anything is looked at.
    { name: 'resident, most: bare ws that throws away', value: thrownAway, unit: 'MB' },
    {
      name: 'resident, most: bare ws that writes all of it twice',
      value: twice,
      unit: 'MB',
      note: `in batches of ${SMALL_BATCH_BYTES / 1024} KiB`,
    },
  ];
}

/** More and more cameras until something is lost or late. */
export async function limit({ sizes, stream, directoryFor, progress, fillMemory }) {
  const { from, step, to, fps, seconds } = sizes.limit;
  const rows = [];
  for (let count = from; count <= to; count += step) {
    progress(`${count} cameras`);
    fillMemory();
    const directory = directoryFor('limit');
    const result = await runCameras({ cameras: count, fps, seconds, stream, directory });
    const { missing, closed, delay } = result;
    const resident = `${Math.round(result.resident.most / MB)} MB resident`;
    rows.push({
      name: `event-loop delay, 99th percentile, ${count} cameras`,
      value: delay.p99,
      unit: 'ms',
      note: `${missing} lost; ${told(result)}; ${resident}`,
    });
    if (missing > 0 || closed > 0 || delay.p99 > DELAY_MS) break;
  }
  return rows;
}
