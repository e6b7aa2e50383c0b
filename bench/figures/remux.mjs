// The MP4 of a session made again from its files: camrec mux against ffmpeg -c copy and against cp.
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Helper, run, start } from '../lib/child.mjs';
import { CAMREC, COPY, LOAD } from '../lib/paths.mjs';
import { endedChildrenCpuSeconds, residentBytes } from '../lib/processes.mjs';
import { expectWhole } from '../lib/recordings.mjs';
import { CamrecServer, FFMPEG } from '../lib/servers.mjs';
import { median } from '../lib/statistics.mjs';

const MB = 1e6;

/** Of the camera that records it: how fast does not matter here. */
const PICTURES_PER_SECOND = 3000;

/** A session of a tenth of the size tells whether memory grows with it. */
const SMALLER = 10;

/** How often the memory of a program is looked at, milliseconds: the system knows the most, but only while it runs. */
const LOOK_MS = 5;

/** Records a session to be muxed. */
async function record({ bytes, stream, directory }) {
  const server = await CamrecServer.start(directory);
  const load = Helper.fork(LOAD);
  await load.call('connect', { url: server.url, count: 1, stream });
  const pictures = Math.round(bytes / (await load.call('about')).meanBytes);
  await load.call('startCapture');
  await load.call('send', { count: pictures + 1, fps: PICTURES_PER_SECOND });
  await load.call('stopCapture');
  const finished = await server.events('session.finished', 1);
  expectWhole(finished, pictures);
  const [{ dir }] = await server.events('session.opened', 1);
  await load.end();
  await server.end();
  return dir;
}

/** Milliseconds and CPU seconds of one program, run to its end. */
async function timed(command, args) {
  const before = endedChildrenCpuSeconds();
  const ms = await run(command, args);
  return { ms, cpu: endedChildrenCpuSeconds() - before };
}

/** The most bytes that muxing a session had resident. */
async function mostResident(session) {
  const child = start(process.execPath, [CAMREC, 'mux', '--force', session]);
  let most = 0;
  const looking = setInterval(() => {
    most = Math.max(most, residentBytes(child.pid).most);
  }, LOOK_MS);
  const [code] = await once(child, 'close');
  clearInterval(looking);
  if (code !== 0) throw new Error(`camrec mux ${session} ended with ${code}`);
  return most;
}

export async function remux({ sizes, stream, directoryFor, progress, fillMemory }) {
  const { bytes, rounds } = sizes.remux;
  const directory = directoryFor('remux');
  progress('recording');
  const session = await record({ bytes, stream, directory });
  const raw = join(session, 'stream.h264');
  const out = (name) => join(directory, name);
  const programs = {
    cp: ['cp', [raw, out('copy.h264')]],
    'cp, synced': ['sh', ['-c', 'cp "$0" "$1" && sync -d "$1"', raw, out('copy.h264')]],
    ffmpeg: [
      FFMPEG,
      [
        '-nostdin',
        '-loglevel',
        'error',
        '-f',
        'h264',
        '-r',
        '30',
        '-i',
        raw,
        '-c',
        'copy',
        '-y',
        out('ffmpeg.mp4'),
      ],
    ],
    'bare Node': [process.execPath, [COPY, raw, out('copy.h264')]],
    camrec: [process.execPath, [CAMREC, 'mux', session]],
  };
  const results = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    // Another one begins each round: what a program leaves in the page cache helps or hinders the next.
    const inTurn = Object.entries(programs);
    inTurn.push(...inTurn.splice(0, round % inTurn.length));
    for (const [name, [command, args]] of inTurn) {
      progress(`${name}, round ${round} of ${rounds}`);
      rmSync(out('copy.h264'), { force: true });
      rmSync(out('ffmpeg.mp4'), { force: true });
      // All of them write a new file: replacing one costs the file system as much again.
      rmSync(join(session, 'stream.mp4'), { force: true });
      // Whatever was written before must not have to be written now.
      await run('sync', []);
      fillMemory();
      results[name].push(await timed(command, args));
    }
  }
  progress('memory');
  const smallDirectory = directoryFor('remux-small');
  const small = await record({ bytes: bytes / SMALLER, stream, directory: smallDirectory });
  const resident = await mostResident(session);
  const residentSmall = await mostResident(small);
  rmSync(smallDirectory, { recursive: true });
  rmSync(directory, { recursive: true });
  const of = (name, which) => median(results[name].map((result) => result[which]));
  const ratio = (other, one = 'camrec') =>
    median(results[one].map(({ ms }, round) => ms / results[other][round].ms));
  const least = (name) => Math.min(...results[name].map(({ ms }) => ms));
  const quickest = (other) => least('camrec') / least(other);
  const note = `${Math.round(bytes / 1e6)} MB, median of ${rounds}`;
  return [
    ...Object.keys(programs).map((name) => ({
      name,
      value: of(name, 'ms') / 1000,
      unit: 's',
      note: `${note}; ${of(name, 'cpu').toFixed(2)} s of CPU`,
    })),
    { name: 'camrec mux ÷ ffmpeg -c copy', value: ratio('ffmpeg'), unit: '×', atMost: 1 },
    { name: 'camrec mux ÷ cp', value: ratio('cp'), unit: '×', atMost: 3 },
    { name: 'camrec mux ÷ cp, synced', value: ratio('cp, synced'), unit: '×' },
    // What Node can do on this machine, before anything is looked at.
    { name: 'bare Node, a copy ÷ cp', value: ratio('cp', 'bare Node'), unit: '×' },
    { name: 'camrec mux ÷ bare Node, a copy', value: ratio('bare Node'), unit: '×' },
    { name: 'camrec, resident, most', value: resident / MB, unit: 'MB' },
    {
      name: 'camrec, resident, most ÷ that of a tenth',
      value: resident / residentSmall,
      unit: '×',
      atMost: 1.25,
    },
    // What disturbs a program only makes it slower: the quickest round of each tells most of the program itself.
    { name: 'camrec mux ÷ ffmpeg -c copy, quickest', value: quickest('ffmpeg'), unit: '×' },
    { name: 'camrec mux ÷ cp, quickest', value: quickest('cp'), unit: '×' },
  ];
}
