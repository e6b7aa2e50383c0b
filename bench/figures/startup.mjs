// How long commands take from nothing to their end, against `node -e 0` and a bare oclif command.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeBareOclif } from '../lib/bare-oclif.mjs';
import { Helper, run } from '../lib/child.mjs';
import { CAMREC, LOAD } from '../lib/paths.mjs';
import { expectWhole } from '../lib/recordings.mjs';
import { CamrecServer } from '../lib/servers.mjs';
import { median } from '../lib/statistics.mjs';

/** Records one short session and multiplies its manifest: a directory of so many sessions. */
async function makeSessions({ server, stream, sessions }) {
  const load = Helper.fork(LOAD);
  await load.call('connect', { url: server.url, count: 1, stream });
  await load.call('startCapture');
  await load.call('send', { count: 31 });
  await load.call('stopCapture');
  expectWhole(await server.events('session.finished', 1), 30);
  const [{ dir }] = await server.events('session.opened', 1);
  await load.end();
  const text = readFileSync(join(dir, 'session.json'), 'utf8');
  const { id, startedAt } = JSON.parse(text);
  for (let i = 1; i < sessions; i += 1) {
    const copy = join(dir, '..', `${id}-${i}`);
    const earlier = new Date(Date.parse(startedAt) - i * 60_000).toISOString();
    mkdirSync(copy);
    writeFileSync(
      join(copy, 'session.json'),
      text.replaceAll(id, `${id}-${i}`).replace(startedAt, earlier),
    );
  }
}

export async function startup({ sizes, stream, directoryFor, progress }) {
  const { rounds, sessions } = sizes.startup;
  const directory = directoryFor('startup');
  const bare = await makeBareOclif(join(directory, 'bare'));
  const server = await CamrecServer.start(directory);
  progress('making sessions');
  await makeSessions({ server, stream, sessions });
  const env = { ...process.env, CAMREC_RUNTIME_DIR: join(directory, 'run') };
  const commands = {
    'node -e 0': ['-e', '0'],
    'bare oclif --version': [bare, '--version'],
    'bare oclif command': [bare, 'hello'],
    'camrec --version': [CAMREC, '--version'],
    'camrec status': [CAMREC, 'status'],
    [`camrec sessions list, ${sessions} sessions`]: [CAMREC, 'sessions', 'list'],
  };
  const names = Object.keys(commands);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    for (const name of names) {
      const ms = await run(process.execPath, commands[name], { env });
      // The first round only warms the file system's cache.
      if (round > 0) times[name].push(ms);
    }
  }
  await server.end();
  rmSync(directory, { recursive: true });
  const ratio = (name, other) => median(times[name].map((ms, round) => ms / times[other][round]));
  const [, version, command, ours, status, list] = names;
  return [
    ...names.map((name) => ({
      name,
      value: median(times[name]),
      unit: 'ms',
      note: `median of ${rounds}`,
    })),
    { name: `${ours} ÷ ${version}`, value: ratio(ours, version), unit: '×', atMost: 1.15 },
    { name: `${status} ÷ ${command}`, value: ratio(status, command), unit: '×', atMost: 1.6 },
    { name: `${list} ÷ ${command}`, value: ratio(list, command), unit: '×', atMost: 1.6 },
  ];
}
