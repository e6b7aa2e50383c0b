// Runs the commands of a document's fenced blocks, so that what the README says is known to be true.
//   node scripts/readme-commands.mjs README.md [kind]
// The words after ``` say what to do with a block; people see none of it:
//   sh                without a kind: the block is run to its end, here, and has to succeed
//   sh daemon         the same, but it keeps running; it is told to end (SIGINT) after the last block
//   sh <kind>         only with that kind: `sh checkout` is for the root of a source checkout
// Blocks run in the order of the document, each in a bash of its own.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** No block of a README takes longer. */
const BLOCK_TIMEOUT_MS = 300_000;
/** How long a daemon may take to say its first word, and to end. */
const DAEMON_TIMEOUT_MS = 30_000;

const [path = 'README.md', kind = ''] = process.argv.slice(2);
const daemons = [];
/** Whatever runs, to be ended with us. */
const running = new Set();

function blocksOf(markdown) {
  const fences = markdown.matchAll(/^```sh(?: +(\w+))?\n([\s\S]*?)^```$/gm);
  return [...fences].map(([, word = '', commands]) => ({ word, commands }));
}

function start({ commands }) {
  console.log(commands.trim().replace(/^/gm, '$ '));
  // Its own process group, so that everything it starts can be ended with it.
  const child = spawn('bash', ['-euo', 'pipefail', '-c', commands], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdout.pipe(process.stdout, { end: false });
  child.stderr.pipe(process.stderr, { end: false });
  const ended = new Promise((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  const block = { child, ended, commands };
  running.add(block);
  return block;
}

function signalGroup({ child }, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

async function within(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(what)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function runToEnd({ commands }) {
  const block = start({ commands });
  try {
    const what = `takes longer than ${BLOCK_TIMEOUT_MS / 1000} s:\n${commands}`;
    const code = await within(block.ended, BLOCK_TIMEOUT_MS, what);
    if (code !== 0) throw new Error(`ended with ${code}:\n${commands}`);
  } finally {
    signalGroup(block, 'SIGKILL');
  }
}

/** A daemon is ready when it has said something. */
async function startDaemon(block) {
  const daemon = start(block);
  daemons.push(daemon);
  const spoken = new Promise((resolve) => {
    daemon.child.stdout.once('data', resolve);
    daemon.child.stderr.once('data', resolve);
  });
  const died = daemon.ended.then((code) => {
    throw new Error(`ended at once with ${code}:\n${block.commands}`);
  });
  const what = `says nothing:\n${block.commands}`;
  await within(Promise.race([spoken, died]), DAEMON_TIMEOUT_MS, what);
  died.catch(() => {});
}

/** The last one first: phones before the daemon that they talk to. */
async function endDaemons() {
  for (const daemon of daemons.splice(0).reverse()) {
    signalGroup(daemon, 'SIGINT');
    try {
      const what = `does not end when it is told to:\n${daemon.commands}`;
      const code = await within(daemon.ended, DAEMON_TIMEOUT_MS, what);
      if (code !== 0) throw new Error(`ended with ${code}:\n${daemon.commands}`);
    } finally {
      signalGroup(daemon, 'SIGKILL');
    }
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const block of running) signalGroup(block, 'SIGKILL');
    process.exit(1);
  });
}

const words = kind === '' ? ['', 'daemon'] : [kind];
const blocks = blocksOf(readFileSync(path, 'utf8')).filter(({ word }) => words.includes(word));
try {
  if (blocks.length === 0) throw new Error(`${path} has no such blocks.`);
  for (const block of blocks) {
    if (block.word === 'daemon') await startDaemon(block);
    else await runToEnd(block);
  }
  await endDaemons();
  console.log(`${path}: ${blocks.length} blocks did what they say.`);
} catch (error) {
  console.error(`${path}: ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const block of running) signalGroup(block, 'SIGKILL');
}
