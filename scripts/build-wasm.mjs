// Compiles src/wasm to dist/wasm. `npm run build` does it as well; by hand: node scripts/build-wasm.mjs
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { main as compile } from 'assemblyscript/asc';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const from = join(root, 'src/wasm');
const to = join(root, 'dist/wasm');

// No memory of its own, and nothing that manages one: it looks at what it is given.
const OPTIONS = ['--optimizeLevel', '3', '--runtime', 'stub', '--importMemory', '--enable', 'simd'];

export async function buildWasm() {
  mkdirSync(to, { recursive: true });
  for (const source of readdirSync(from).filter((name) => name.endsWith('.ts'))) {
    const out = join(to, source.replace(/\.ts$/, '.wasm'));
    const { error } = await compile([join(from, source), '--outFile', out, ...OPTIONS]);
    // What is wrong with the source has been said on stderr.
    if (error !== null) throw new Error(`${source} was not compiled: ${error.message}`);
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await buildWasm();
