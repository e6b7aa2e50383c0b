// Kills the daemon with SIGKILL at random moments while three phones record, lets the next daemon or `camrec mux`
// recover, and checks what is promised: at most 250 ms are lost (and what a busy machine took from everybody), what was
// recorded is what was sent, every picture decodes, and `camrec sessions verify` finds nothing wrong.
//
//     node scripts/crash-test.mjs [--kills 200] [--seed N] [--max-lost 250]
//
// Needs a build in dist. Exits 1 at the first broken promise, and leaves the files of that round in place.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CrashPhone } from './crash-phone.mjs';
import { StallProbe } from './stall-probe.mjs';

const PHONES = ['ada', 'bob', 'cleo'];
const LONGEST_RECORDING_MS = 1500;
const camrec = fileURLToPath(new URL('../bin/run.js', import.meta.url));

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    'max-lost': { type: 'string', default: '250' },
  },
});
const kills = Number(values.kills);
const maxLostMs = Number(values['max-lost']);
if (!(kills > 0 && maxLostMs > 0)) throw new Error('--kills and --max-lost take numbers above 0');
const random = generator(Number(values.seed));
console.log(`seed ${values.seed}, ${kills} kills`);

const root = await mkdtemp(join(tmpdir(), 'camrec-crash-'));
process.env.CAMREC_RUNTIME_DIR = join(root, 'run');
const probe = new StallProbe(join(root, 'probe'));
const losses = [];
const children = new Set();
try {
  for (let kill = 1; kill <= kills; kill += 1) losses.push(...(await oneKill(kill)));
} catch (error) {
  for (const child of children) child.kill('SIGKILL');
  console.error(`${error.message}\nThe files are in ${root}`);
  process.exit(1);
}
await rm(root, { recursive: true, force: true });
losses.sort((a, b) => a - b);
const median = losses[losses.length >> 1] ?? 0;
console.log(
  `${kills} kills, ${losses.length} sessions: lost at most ${losses.at(-1)} ms, median ${median} ms; every session verified`,
);

/** Returns what each phone lost, in milliseconds. */
async function oneKill(number) {
  const recordings = join(root, String(number));
  const daemon = await serve(recordings);
  const phones = PHONES.map((name) => new CrashPhone(daemon.url, name, random));
  await Promise.all(phones.map((phone) => phone.start()));
  probe.begin();
  await sleep(random() * LONGEST_RECORDING_MS);
  daemon.child.kill('SIGKILL');
  const killedMs = Date.now();
  const stalledMs = probe.end();
  await daemon.exited;
  for (const phone of phones) phone.stop();

  if (number % 2 === 0) await recoverByServe(recordings);
  else await run(['mux', recordings, '--json'], [0, 1, 5]);

  const lost = [];
  for (const phone of phones) lost.push(await lossOf(phone, recordings, killedMs));
  const worst = Math.max(...lost);
  console.log(`kill ${number}: lost ${lost.join(', ')} ms, the machine stalled ${stalledMs} ms`);
  // A daemon that the machine does not run, or whose writes it does not take, cannot keep more.
  if (worst > maxLostMs + stalledMs) throw new Error(`kill ${number} lost ${worst} ms`);
  const report = await run(['sessions', 'verify', '--dir', recordings, '--json'], [0, 1, 5]);
  for (const { path, ok, checks } of report.results) {
    const wrong = checks.filter((check) => !check.ok);
    if (!ok) throw new Error(`${path}: ${JSON.stringify(wrong)}`);
  }
  await rm(recordings, { recursive: true, force: true });
  return lost;
}

/** Checks that a phone's session holds the beginning of what was sent, and says how long before the kill it ends. */
async function lossOf(phone, recordings, killedMs) {
  const sessions = (await readdir(recordings)).filter((name) => name.startsWith(phone.name));
  if (sessions.length > 1) throw new Error(`${phone.name} has ${sessions.length} sessions`);
  const [session] = sessions;
  const directory = join(recordings, session ?? '');
  const raw = await readFile(join(directory, 'stream.h264')).catch(() => Buffer.alloc(0));
  const index = await readFile(join(directory, 'frames.csv'), 'latin1').catch(() => '');
  const manifest = await readFile(join(directory, 'session.json'), 'utf8').then(
    JSON.parse,
    () => null,
  );
  const rows = Math.max(0, index.split('\n').length - 2);
  const sent = Buffer.concat(phone.sent.map(({ payload }) => payload));
  if (!sent.subarray(0, raw.length).equals(raw)) throw new Error(`${directory}: not what was sent`);
  if (rows > 1 && manifest?.state !== 'recovered') {
    throw new Error(`${directory} is ${manifest?.state} with ${rows} rows`);
  }
  if (manifest !== null && manifest.counts.packets !== rows) {
    throw new Error(`${directory} counts ${manifest.counts.packets} of ${rows} rows`);
  }
  // Packets that were handed to the socket and are not in the recording.
  const firstLost = phone.sent.slice(rows).find(({ atMs }) => atMs <= killedMs);
  return firstLost === undefined ? 0 : killedMs - firstLost.atMs;
}

/** Starts a daemon; resolves when phones can connect. */
async function serve(recordings) {
  const options = ['--host', '127.0.0.1', '--port', '0', '--min-free', '0', '--log-format', 'json'];
  const child = start(['serve', '--dir', recordings, ...options]);
  const exited = once(child, 'exit');
  const lines = [];
  const seen = new Set();
  createInterface({ input: child.stderr }).on('line', (text) => {
    try {
      lines.push(JSON.parse(text));
    } catch {
      lines.push({ event: 'text', msg: text });
    }
    for (const look of seen) look();
  });
  const line = (event, count = 1) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = lines.filter((candidate) => event.includes(candidate.event));
        if (found.length >= count) resolve(found);
      };
      seen.add(look);
      look();
      exited.then(() => reject(new Error(lines.map(({ msg }) => msg).join('\n'))));
    });
  const [listening] = await line(['listening']);
  return { child, exited, line, url: listening.url };
}

async function recoverByServe(recordings) {
  const unfinished = await Promise.all(
    (await readdir(recordings)).map((name) =>
      readdir(join(recordings, name)).then(
        // Killed at its very beginning, a session may have its manifest alone.
        (files) => files.includes('session.json') || files.includes('frames.csv'),
        () => false,
      ),
    ),
  );
  const daemon = await serve(recordings);
  const wanted = unfinished.filter(Boolean).length;
  await daemon.line(['session.recovered', 'session.unrecoverable'], wanted);
  daemon.child.kill('SIGTERM');
  await daemon.exited;
}

/** Runs a command and returns its JSON. */
async function run(args, codes) {
  const child = start(args);
  const output = [];
  const complaint = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => complaint.push(chunk));
  const [code] = await once(child, 'close');
  if (!codes.includes(code)) throw new Error(`camrec ${args.join(' ')}: ${code} ${complaint}`);
  return JSON.parse(Buffer.concat(output).toString());
}

function start(args) {
  const child = spawn(process.execPath, [camrec, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.on('exit', () => children.delete(child));
  return child;
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
