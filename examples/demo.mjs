// Shows the main job from end to end without a phone: a daemon on a free port, two simulated phones, five seconds of
// recording, and what became of them. Run it from a source checkout:
//   npm ci && npm run demo
// It uses nothing but the command line with --json, as your own scripts can.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';

const PHONES = 2;
const RECORD_FOR = '5s';

const camrec = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const recordings = fileURLToPath(new URL('../recordings-demo', import.meta.url));
/** Keeps this daemon apart from one that already runs here. */
const runtimeDir = await mkdtemp(join(tmpdir(), 'camrec-demo-'));
const environment = { ...process.env, CAMREC_RUNTIME_DIR: runtimeDir };
const running = new Set();
let interrupted = false;

/** Starts a command. `exit` resolves with its exit code, `output` with its stdout; both when it has ended. */
function start(...args) {
  const child = spawn(process.execPath, [camrec, ...args, '--json'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const started = { child, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    started.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    started.stderr += text;
  });
  started.exit = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return started;
}

/** Runs a command to its end and returns its JSON document. */
async function run(...args) {
  const command = start(...args);
  const code = await command.exit;
  if (code !== 0) throw failure(args, code, command);
  return JSON.parse(command.stdout);
}

function failure(args, code, { stdout, stderr }) {
  return new Error(`camrec ${args.join(' ')} ended with exit code ${code}\n${stdout}${stderr}`);
}

/** Resolves with the document that a daemon prints as soon as phones can connect. */
async function listening(daemon) {
  return new Promise((resolve, reject) => {
    daemon.child.stdout.on('data', () => {
      // The document may come in pieces.
      if (daemon.stdout.trimEnd().endsWith('\n}')) resolve(JSON.parse(daemon.stdout).daemon);
    });
    daemon.exit.then((code) => reject(failure(['serve'], code, daemon)), reject);
  });
}

async function demo() {
  const args = ['serve', '--host', '127.0.0.1', '--port', '0', '--dir', recordings];
  const daemon = start(...args);
  const { url } = await listening(daemon);
  const { port } = new URL(url);
  console.log(`A daemon listens at ${url}.`);

  const phones = start(
    ...['simulate', '--url', url, '--devices', String(PHONES), '--name', 'demo'],
    ...['--captures', '1', '--seed', '7'],
  );
  console.log(`${PHONES} simulated phones connect and record for ${RECORD_FOR} …`);
  const { sessions } = await run(
    ...['capture', 'start', '--port', port, '--wait-devices', String(PHONES)],
    ...['--label', 'demo', '--duration', RECORD_FOR],
  );
  await phones.exit;
  const sent = JSON.parse(phones.stdout).devices;

  daemon.child.kill('SIGTERM');
  const code = await daemon.exit;
  if (code !== 0) throw failure(args, code, daemon);
  return sessions.map((session) => {
    const phone = sent.find(({ name }) => name === session.device);
    return { session, sentFrames: phone?.captures[0]?.frames };
  });
}

function fromHere(path) {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

function show(results) {
  const table = new Table({
    head: ['PHONE', 'STATE', 'SENT', 'FRAMES', 'LOST', 'DURATION', 'SIZE', 'MP4'],
    style: { head: [], border: [], compact: true },
  });
  for (const { session, sentFrames } of results) {
    const { device, state, frames, lost, durationMs, width, height, files } = session;
    table.push([
      ...[device, state, sentFrames, frames, lost],
      ...[
        `${(durationMs / 1000).toFixed(2)} s`,
        `${width}×${height}`,
        files.mp4.map(fromHere).join('\n'),
      ],
    ]);
  }
  console.log(table.toString());
}

/** Ends what is still running, by its own process only. */
async function cleanUp() {
  const ending = [...running].map(
    (child) => new Promise((resolve) => child.once('close', resolve).kill('SIGKILL')),
  );
  await Promise.all(ending);
  await rm(runtimeDir, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  // Not `once`: a terminal's Ctrl-C may come twice, and the second must not cut the cleaning short.
  process.on(signal, async () => {
    interrupted = true;
    await cleanUp();
    process.exit(130);
  });
}

try {
  const results = await demo();
  show(results);
  const good = results.filter(
    ({ session, sentFrames }) =>
      session.state === 'complete' && session.lost === 0 && session.frames === sentFrames,
  );
  if (good.length !== PHONES) throw new Error('Not every phone was recorded completely.');
  console.log('Every picture that was sent is in its MP4. Open one in any player.');
} catch (error) {
  if (!interrupted) console.error(error.message);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
