// Puts bundles in the place of the compiled commands: what takes long to load is many files. `npm run build` does it as
// well, after the compiler, whose output in dist/commands it replaces; by hand: node scripts/bundle-commands.mjs
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Those that scripts call again and again: one file each. */
const SHORT = ['capture/start', 'capture/stop', 'qr', 'sessions/list', 'sessions/show', 'status'];

/** Those that work for a while: they share files, and load some of them only when they are needed. */
const LONG = ['doctor', 'mux', 'serve', 'sessions/verify', 'simulate'];

/**
 * Packages that go into the short ones, with their licences: they take longest to load, valibot as one big file, ws as a
 * dozen.
 */
const INSIDE = ['valibot', 'ws'];

/** Replaces the commands in dist, with source maps. */
export async function bundleCommands() {
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const packages = Object.keys({ ...dependencies, ...optionalDependencies });
  await bundle(SHORT, {
    external: packages.filter((name) => !INSIDE.includes(name)),
    // A few messages gain nothing from a native module.
    define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"' },
    // ws is CommonJS, and a module has no `require`.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  });
  await bundle(LONG, { external: packages, splitting: true, chunkNames: 'chunks/[name]-[hash]' });
  writeFileSync(join(root, 'dist/THIRD-PARTY-LICENSES.txt'), INSIDE.map(licence).join('\n'));
}

function bundle(commands, options) {
  return build({
    entryPoints: commands.map((command) => join(root, `src/commands/${command}.ts`)),
    outbase: join(root, 'src'),
    outdir: join(root, 'dist'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    sourcesContent: false,
    tsconfig: join(root, 'tsconfig.json'),
    logLevel: 'warning',
    ...options,
  });
}

/** The licence of a package, under its name. */
function licence(name) {
  const directory = join(root, 'node_modules', name);
  const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} comes without a licence text`);
  const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  return `${name} ${version}\n\n${readFileSync(join(directory, file), 'utf8').trim()}\n`;
}

if (argv[1] === fileURLToPath(import.meta.url)) await bundleCommands();
