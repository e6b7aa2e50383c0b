// From the stop to a playable MP4 and to a durable one, seen from outside, while another camera pings.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Helper } from '../lib/child.mjs';
import { LOAD } from '../lib/paths.mjs';
import { expectWhole, readManifest } from '../lib/recordings.mjs';
import { CamrecServer } from '../lib/servers.mjs';
import { percentile } from '../lib/statistics.mjs';

/** Of the camera that is stopped: how fast it got to its length does not matter here. */
const PICTURES_PER_SECOND = 3000;
const SMALL_PICTURES_PER_SECOND = 20_000;

const PLAYABLE_MS = 50;
const PING_MS = 20;
const SAME = 1.5;

/** Records and stops again and again; gives the milliseconds of each stop. */
async function measure({ size, stream, directory, progress }) {
  const { name, bytes, pictureBytes, stops } = size;
  const server = await CamrecServer.start(directory);
  const load = Helper.fork(LOAD);
  await load.call('connect', { url: server.url, count: 2, stream, pictureBytes });
  const { meanBytes } = await load.call('about');
  const pictures = size.pictures ?? Math.round(bytes / meanBytes);
  const fps = pictureBytes === undefined ? PICTURES_PER_SECOND : SMALL_PICTURES_PER_SECOND;
  const results = [];
  for (let stop = 1; stop <= stops; stop += 1) {
    progress(`${name}, ${stop} of ${stops}`);
    await load.call('startCapture', { only: 1 });
    const dir = (await server.events('session.opened', stop)).at(-1).dir;
    await load.call('send', { only: 1, count: pictures + 1, fps });
    const files = { movie: join(dir, 'stream.mp4'), manifest: join(dir, 'session.json') };
    const seen = await load.call('stopAndWatch', files);
    expectWhole((await server.events('session.finished', stop)).slice(-1), pictures);
    results.push({ ...seen, toldMs: readManifest(dir).timings.stopToPlayableMs });
    rmSync(dir, { recursive: true });
  }
  await load.end();
  await server.end();
  return results;
}

export async function stop({ sizes, stream, directoryFor, progress }) {
  const rows = [];
  const playable = [];
  for (const size of sizes.stop) {
    const directory = directoryFor('stop');
    const results = await measure({ size, stream, directory, progress });
    const p99 = (which) =>
      percentile(
        results.map((result) => result[which]),
        0.99,
      );
    playable.push({ size, ms: p99('playableMs') });
    const of = `99th percentile of ${size.stops}`;
    const told = `${of}; the daemon's own figure: ${p99('toldMs').toFixed(1)} ms`;
    const rest = `worst of ${size.stops} stops; at rest ${p99('restMs').toFixed(1)} ms`;
    rows.push(
      {
        name: `playable, ${size.name}`,
        value: p99('playableMs'),
        unit: 'ms',
        atMost: PLAYABLE_MS,
        note: told,
      },
      { name: `durable, ${size.name}`, value: p99('durableMs'), unit: 'ms', note: of },
      {
        name: `another's ping, ${size.name}`,
        value: p99('pingMs'),
        unit: 'ms',
        atMost: PING_MS,
        note: rest,
      },
    );
    rmSync(directory, { recursive: true });
  }
  const [small, large] = playable.filter(({ size }) => size.bytes !== undefined);
  if (large !== undefined) {
    const name = `playable, ${large.size.name} ÷ ${small.size.name}`;
    rows.push({ name, value: large.ms / small.ms, unit: '×', atMost: SAME });
  }
  return rows;
}
