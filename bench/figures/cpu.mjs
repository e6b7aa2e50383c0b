// CPU time for the same bytes: camrec from socket to finished MP4, against the floor and against ffmpeg.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Helper } from '../lib/child.mjs';
import { LOAD } from '../lib/paths.mjs';
import { atRest, cpuSeconds, endedChildrenCpuSeconds } from '../lib/processes.mjs';
import { expectWhole } from '../lib/recordings.mjs';
import { CamrecServer, startFfmpeg, startFloor } from '../lib/servers.mjs';
import { median } from '../lib/statistics.mjs';

const GIGABYTE = 1e9;

/** Of each camera: four of them send 100 MB a second, as 200 cameras at 30 fps and 4 Mbit/s do. */
const PICTURES_PER_SECOND = 1500;

/** A server that records nothing, or everything twice and unseen where it has a directory. */
async function measureBare({ stream, size, directory }) {
  const server = await startFloor(directory);
  const load = Helper.fork(LOAD);
  await load.call('connect', { url: server.url, count: size.cameras, stream });
  await atRest(server.pid);
  const before = cpuSeconds(server.pid);
  const { bytes } = await load.call('send', {
    count: size.pictures + 1,
    fps: PICTURES_PER_SECOND,
  });
  await server.written();
  const seconds = cpuSeconds(server.pid) - before;
  await load.end();
  await server.end();
  return { seconds, bytes };
}

/** A daemon that has just started, and the same one once more: then its code is compiled. */
async function measureCamrec({ stream, size, directory, fillMemory }) {
  const server = await CamrecServer.start(directory);
  const load = Helper.fork(LOAD);
  await load.call('connect', { url: server.url, count: size.cameras, stream });
  const first = await measureCapture(server, load, size, 1);
  fillMemory();
  const second = await measureCapture(server, load, size, 2);
  await load.end();
  await server.end();
  return { ...first, secondSeconds: second.seconds };
}

/** The n-th capture of all cameras. */
async function measureCapture(server, load, { cameras, pictures }, n) {
  await atRest(server.pid);
  const before = cpuSeconds(server.pid);
  await load.call('startCapture');
  const { bytes } = await load.call('send', { count: pictures + 1, fps: PICTURES_PER_SECOND });
  await load.call('stopCapture');
  expectWhole(await server.events('session.finished', n * cameras), pictures);
  return { seconds: cpuSeconds(server.pid) - before, bytes };
}

async function measureFfmpeg({ stream, size, directory }) {
  const servers = [];
  for (let i = 0; i < size.cameras; i += 1) {
    servers.push(await startFfmpeg(join(directory, `ffmpeg-${i}.mp4`)));
  }
  const before = endedChildrenCpuSeconds();
  let start = 0;
  for (const { pid } of servers) {
    await atRest(pid);
    start += cpuSeconds(pid);
  }
  const load = Helper.fork(LOAD);
  const ports = servers.map(({ port }) => port);
  const count = size.pictures + 1;
  await load.call('sendRaw', { ports, count, fps: PICTURES_PER_SECOND, stream });
  await Promise.all(servers.map(({ ended }) => ended));
  const seconds = endedChildrenCpuSeconds() - before;
  await load.end();
  return { seconds, start };
}

export async function cpu({ sizes, stream, directoryFor, progress, fillMemory }) {
  const size = sizes.cpu;
  const rounds = [];
  let gigabytes = 0;
  for (let round = 1; round <= size.rounds; round += 1) {
    progress(`round ${round} of ${size.rounds}`);
    // Each round measures all of them, one after the other: what disturbs the machine disturbs them all.
    const directory = directoryFor('cpu');
    fillMemory();
    const floor = await measureBare({ stream, size });
    fillMemory();
    const twiceDirectory = join(directory, 'twice');
    mkdirSync(twiceDirectory);
    const twice = await measureBare({ stream, size, directory: twiceDirectory });
    rmSync(twiceDirectory, { recursive: true });
    fillMemory();
    const camrec = await measureCamrec({ stream, size, directory, fillMemory });
    fillMemory();
    const ffmpeg = await measureFfmpeg({ stream, size, directory });
    rmSync(directory, { recursive: true });
    gigabytes = camrec.bytes / GIGABYTE;
    rounds.push({
      floor: floor.seconds,
      twice: twice.seconds,
      camrec: camrec.seconds,
      camrecAgain: camrec.secondSeconds,
      ffmpeg: ffmpeg.seconds,
      ffmpegStarted: ffmpeg.seconds - ffmpeg.start,
    });
  }
  const perGigabyte = (which) => median(rounds.map((round) => round[which])) / gigabytes;
  const ratio = (other, one = 'camrec') => median(rounds.map((round) => round[one] / round[other]));
  const note = `${Math.round(gigabytes * 1000)} MB, ${size.cameras} connections, median of ${size.rounds}`;
  return [
    { name: 'bare ws that throws away', value: perGigabyte('floor'), unit: 's/GB', note },
    {
      name: 'bare ws that writes all of it twice',
      value: perGigabyte('twice'),
      unit: 's/GB',
      note,
    },
    { name: 'ffmpeg from TCP, -c copy', value: perGigabyte('ffmpeg'), unit: 's/GB', note },
    {
      name: 'ffmpeg from TCP, its start left out',
      value: perGigabyte('ffmpegStarted'),
      unit: 's/GB',
      note,
    },
    {
      name: 'camrec: raw, index, MP4, thumbnail',
      value: perGigabyte('camrec'),
      unit: 's/GB',
      note,
    },
    { name: 'the same daemon once more', value: perGigabyte('camrecAgain'), unit: 's/GB', note },
    // With its start: there is one ffmpeg for each recording, and one camrec for all.
    { name: 'camrec ÷ ffmpeg', value: ratio('ffmpeg'), unit: '×', atMost: 0.8 },
    { name: 'camrec ÷ ffmpeg, its start left out', value: ratio('ffmpegStarted'), unit: '×' },
    {
      name: 'the same daemon once more ÷ ffmpeg',
      value: ratio('ffmpeg', 'camrecAgain'),
      unit: '×',
    },
    { name: 'camrec ÷ bare ws', value: ratio('floor'), unit: '×', atMost: 2.2 },
    // What Node can do with these files on this machine, before anything is looked at.
    { name: 'bare ws, all of it twice ÷ ffmpeg', value: ratio('ffmpeg', 'twice'), unit: '×' },
    { name: 'bare ws, all of it twice ÷ bare ws', value: ratio('floor', 'twice'), unit: '×' },
    { name: 'camrec ÷ bare ws, all of it twice', value: ratio('twice'), unit: '×' },
  ];
}
