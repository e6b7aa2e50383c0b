// npm run bench: the numbers, honestly measured. docs/performance.md says what is measured and how.
//
//   npm run bench                              everything, about half an hour on an idle machine
//   npm run bench -- --quick                   a tendency, in a few minutes
//   npm run bench -- --only cpu,remux          some figures
//   npm run bench -- --out results.json        the JSON document goes there (default: bench-results.json)
//   npm run bench -- --dir /mnt/disk           recordings go below there (default: the temporary directory)
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cameras, limit } from './figures/cameras.mjs';
import { cpu } from './figures/cpu.mjs';
import { day } from './figures/day.mjs';
import { remux } from './figures/remux.mjs';
import { smallFrames } from './figures/small-frames.mjs';
import { startup } from './figures/startup.mjs';
import { stop } from './figures/stop.mjs';
import { endAll } from './lib/child.mjs';
import { PageCache } from './lib/page-cache.mjs';
import { document, renderTable } from './lib/report.mjs';
import { benchStream } from './lib/stream.mjs';
import { SIZES } from './sizes.mjs';

const FIGURES = { cpu, stop, day, cameras, limit, remux, startup, 'small-frames': smallFrames };

const OPTIONS = {
  only: { type: 'string', default: Object.keys(FIGURES).join(',') },
  size: { type: 'string' },
  quick: { type: 'boolean', default: false },
  out: { type: 'string', default: 'bench-results.json' },
  dir: { type: 'string', default: tmpdir() },
};

// Node reads the certificates of this file at each start, which takes twice as long as all the rest of it.
delete process.env.NODE_EXTRA_CA_CERTS;

const values = readOptions();

const size = values.size ?? (values.quick ? 'quick' : 'full');
const sizes = SIZES[size];
if (sizes === undefined) fail(`--size is one of ${Object.keys(SIZES).join(', ')}`);
const wanted = values.only.split(',');
const unknown = wanted.find((name) => FIGURES[name] === undefined);
if (unknown !== undefined)
  fail(`--only ${unknown}: it is some of ${Object.keys(FIGURES).join(',')}`);
if (process.platform !== 'linux') fail('the bench reads /proc: it needs Linux');

function readOptions() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    const known = Object.keys(OPTIONS).map((name) => `--${name}`);
    return fail(`${error.message}\nOptions: ${known.join(', ')}`);
  }
}

/** The directory of this run. */
function makeRoot() {
  try {
    return mkdtempSync(join(values.dir, 'camrec-bench-'));
  } catch (error) {
    return fail(`--dir ${values.dir} cannot be used: ${error.message}`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(2);
}

const root = makeRoot();
process.once('exit', () => {
  endAll();
  rmSync(root, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const rows = [];
const stream = await benchStream(sizes.stream);
const pageCache = new PageCache(root);
const fillMemory = () => {
  if (sizes.fillMemory) pageCache.fill();
};
for (const name of wanted) {
  const progress = (what) => console.error(`${name}: ${what}`);
  const directoryFor = (purpose) => {
    const directory = join(root, purpose);
    mkdirSync(directory);
    return directory;
  };
  try {
    const found = await FIGURES[name]({ sizes, stream, directoryFor, progress, fillMemory });
    rows.push(...found.map((row) => ({ figure: name, ...row })));
  } catch (error) {
    // One figure that cannot be measured must not cost the others.
    console.error(`${name}: ${error.stack}`);
    process.exitCode = 1;
    endAll();
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root);
  }
}
writeFileSync(values.out, `${JSON.stringify(document(rows, size), null, 2)}\n`);
console.log(renderTable(rows));
