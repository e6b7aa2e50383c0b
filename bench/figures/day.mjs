// A day at 30 fps in one session, sent within minutes: what memory grows by, and what the stop costs.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Helper } from '../lib/child.mjs';
import { LOAD } from '../lib/paths.mjs';
import { residentBytes } from '../lib/processes.mjs';
import { expectWhole } from '../lib/recordings.mjs';
import { CamrecServer } from '../lib/servers.mjs';
import { slope } from '../lib/statistics.mjs';

const MB = 1e6;

/** Packets per second: a camera may not send more than a little above this. */
const PER_SECOND = 20_000;

export async function day({ sizes, stream, directoryFor, progress }) {
  const { pictures, pictureBytes, looks } = sizes.day;
  const directory = directoryFor('day');
  const server = await CamrecServer.start(directory);
  const load = Helper.fork(LOAD);
  await load.call('connect', { url: server.url, count: 2, stream, pictureBytes });
  await load.call('startCapture', { only: 1 });
  const [{ dir }] = await server.events('session.opened', 1);
  const used = [];
  for (let look = 1; look <= looks; look += 1) {
    progress(`${look} of ${looks}`);
    const count = Math.round((pictures * look) / looks) + 1;
    await load.call('send', { only: 1, count, fps: PER_SECOND });
    used.push([count, (await server.helper.call('memory')).used]);
  }
  const resident = residentBytes(server.pid);
  await server.helper.call('watchDelay');
  const files = { movie: join(dir, 'stream.mp4'), manifest: join(dir, 'session.json') };
  const seen = await load.call('stopAndWatch', files);
  const delay = await server.helper.call('delay');
  expectWhole(await server.events('session.finished', 1), pictures);
  await load.end();
  await server.end();
  rmSync(directory, { recursive: true });
  const note = `${pictures} pictures`;
  return [
    {
      name: 'memory per picture',
      value: slope(used),
      unit: 'bytes',
      atMost: 12,
      note: `${note}; slope of what is in use after collection, ${looks} looks`,
    },
    { name: 'resident at the end of the day', value: resident.now / MB, unit: 'MB', note },
    { name: 'playable, a day', value: seen.playableMs, unit: 'ms', atMost: 500, note },
    { name: 'durable, a day', value: seen.durableMs, unit: 'ms', note },
    {
      name: "another's ping, a day",
      value: seen.pingMs,
      unit: 'ms',
      atMost: 20,
      note: `at rest ${seen.restMs.toFixed(1)} ms`,
    },
    { name: 'longest turn of the event loop meanwhile', value: delay.max, unit: 'ms', atMost: 20 },
  ];
}
