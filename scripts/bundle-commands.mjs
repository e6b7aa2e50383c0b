// Puts bundles in the place of the compiled commands: what takes long to load is many files. `npm run build` does it as
// well, after the compiler, whose output in dist it replaces; by hand: node scripts/bundle-commands.mjs
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Those that scripts call again and again, and what oclif loads where nothing works for long: one file each. */
const SHORT = [
  'commands/capture/start',
  'commands/capture/stop',
  'commands/completion',
  'commands/qr',
  'commands/sessions/list',
  'commands/sessions/show',
  'commands/status',
  'lib/cli/command-not-found',
  'lib/cli/help',
];

/** Those that work for a while: a few files each, some of which they load only when they are needed. */
const LONG = [
  'commands/doctor',
  'commands/mux',
  'commands/serve',
  'commands/sessions/verify',
  'commands/simulate',
];

/** Packages that go into the short ones: they take longest to load, valibot as one big file, ws as a dozen. */
const INSIDE = ['valibot', 'ws'];

/** What of it goes into the long ones: they need a part of valibot, and all of ws. */
const INSIDE_OF_LONG = ['valibot'];

/** What of oclif the commands and bin/run.js import, all of it in files of its own, which every command shares. */
const OCLIF = ['args', 'command', 'execute', 'flags', 'help'];

/** Optional for oclif, and never there. */
const NOT_OURS = ['typescript', 'ts-node', 'tsx'];

// Packages may be CommonJS, and a module has none of its variables.
const COMMON_JS = `
import { createRequire as requireFrom } from 'node:module';
import { dirname as directoryOf } from 'node:path';
import { fileURLToPath as pathOf } from 'node:url';
const require = requireFrom(import.meta.url);
const __filename = pathOf(import.meta.url);
const __dirname = directoryOf(__filename);`;

/** Replaces the commands in dist, with source maps, and writes the licences of what is inside. */
export async function bundleCommands() {
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const packages = Object.keys({ ...dependencies, ...optionalDependencies });
  const oclif = await bundleOclif();
  const short = await bundle(pathsOf(SHORT), {
    external: packages.filter((name) => !INSIDE.includes(name)),
    plugins: [OUR_OCLIF],
    // A few messages gain nothing from a native module.
    define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"' },
    banner: { js: COMMON_JS },
  });
  const long = await Promise.all(
    LONG.map((command) =>
      bundle(pathsOf([command]), {
        external: packages.filter((name) => !INSIDE_OF_LONG.includes(name)),
        plugins: [OUR_OCLIF],
        splitting: true,
        chunkNames: `chunks/${basename(command)}/[name]-[hash]`,
      }),
    ),
  );
  const inside = new Set([oclif, short, ...long].flatMap(packagesIn));
  writeFileSync(
    join(root, 'dist/THIRD-PARTY-LICENSES.txt'),
    [...new Set([...inside].map(licence))].sort().join('\n'),
  );
}

const pathsOf = (names) => names.map((name) => join(root, `src/${name}.ts`));

/** Where a command imports oclif, by package.json. */
const OUR_OCLIF = {
  name: 'our-oclif',
  setup({ onResolve }) {
    onResolve({ filter: /^@oclif\/core\// }, ({ path }) => {
      const [, part] = path.split('@oclif/core/');
      if (!OCLIF.includes(part)) throw new Error(`${path} is not in the bundle of oclif`);
      return { path: `#oclif/${part}`, external: true };
    });
  },
};

/** Writes dist/oclif: one module for each part, by the names that it exports. */
async function bundleOclif() {
  const sources = Object.fromEntries(
    await Promise.all(OCLIF.map(async (part) => [part, await exportsOf(`@oclif/core/${part}`)])),
  );
  const parts = {
    name: 'parts-of-oclif',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^part:/ }, ({ path }) => ({
        path: path.slice('part:'.length),
        namespace: 'part',
      }));
      onLoad({ filter: /./, namespace: 'part' }, ({ path }) => ({
        contents: sources[path],
        resolveDir: root,
      }));
    },
  };
  return bundle(Object.fromEntries(OCLIF.map((part) => [`oclif/${part}`, `part:${part}`])), {
    plugins: [parts],
    external: NOT_OURS,
    splitting: true,
    chunkNames: 'oclif/[name]-[hash]',
    banner: { js: COMMON_JS },
  });
}

/** The text of a module that exports what a CommonJS module does, which only running it tells. */
async function exportsOf(name) {
  const names = Object.keys(await import(name)).filter((key) => !NOT_NAMES.includes(key));
  return `import * as all from '${name}';\nexport const { ${names.join(', ')} } = all;\n`;
}

const NOT_NAMES = ['default', '__esModule', 'module.exports'];

function bundle(entryPoints, options) {
  return build({
    entryPoints,
    outbase: join(root, 'src'),
    outdir: join(root, 'dist'),
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    sourcesContent: false,
    tsconfig: join(root, 'tsconfig.json'),
    logLevel: 'warning',
    allowOverwrite: true,
    metafile: true,
    ...options,
  });
}

/** Where the packages lie that a bundle holds something of. */
function packagesIn({ metafile }) {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const paths = inputs.map((path) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return paths.filter((path) => path !== undefined).map((path) => join(root, path));
}

/** The licence of a package, under its name. */
function licence(directory) {
  const { name, version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} comes without a licence text`);
  return `${name} ${version}\n\n${readFileSync(join(directory, file), 'utf8').trim()}\n`;
}

if (argv[1] === fileURLToPath(import.meta.url)) await bundleCommands();
