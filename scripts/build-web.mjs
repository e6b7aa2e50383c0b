// Bundles the pages of src/web into dist/web. `npm run build` does it as well; by hand: node scripts/build-web.mjs
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const from = join(root, 'src/web');
const to = join(root, 'dist/web');

/** A module for each page, and what stands beside them. */
export async function buildWeb() {
  await build({
    entryPoints: {
      monitor: join(from, 'monitor/main.ts'),
      camera: join(from, 'camera/main.ts'),
      token: join(from, 'token.ts'),
      page: join(from, 'page.css'),
    },
    outdir: to,
    bundle: true,
    minify: true,
    // Classic scripts: a module would carry an Origin, and be refused under a name that anybody could point here.
    format: 'iife',
    // Browsers of 2024 and later, which have WebCodecs, light-dark() and dialogs.
    target: ['chrome123', 'safari17.5', 'firefox130'],
    tsconfig: join(root, 'tsconfig.web.json'),
    legalComments: 'none',
    logLevel: 'warning',
  });
  mkdirSync(to, { recursive: true });
  for (const name of ['monitor.html', 'camera.html', 'token.html', 'icon.svg']) {
    cpSync(join(from, name), join(to, name));
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await buildWeb();
