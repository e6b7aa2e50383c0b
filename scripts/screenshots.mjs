// Takes the pictures of both pages for README.md and docs/: docs/images/*.png, light and dark, phone and desktop.
// A developer with Chromium (CHROMIUM_BIN) and ffmpeg runs it by hand after a build and commits what it wrote:
//   npm run build && node scripts/screenshots.mjs
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const images = join(root, 'docs/images');
const scratch = mkdtempSync(join(tmpdir(), 'camrec-screenshots-'));
const SIZES = [
  { name: 'desktop', viewport: { width: 1280, height: 1120 } },
  { name: 'phone', viewport: { width: 390, height: 844 } },
];
const SCHEMES = ['light', 'dark'];
const PHONES = ['front-door', 'workbench'];
const BROWSER_CAMERA = 'tripod';

const environment = {
  ...process.env,
  CAMREC_RUNTIME_DIR: join(scratch, 'run'),
  CAMREC_LOG_FORMAT: 'json',
};

/** Runs a command of camrec beside this script. */
function camrec(...args) {
  const command = [join(root, 'bin/run.js'), ...args];
  return spawn(process.execPath, command, {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

async function done(child) {
  child.stderr.resume();
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${child.spawnargs.slice(2).join(' ')} exited with ${code}`);
}

async function portOf(serve) {
  for await (const line of createInterface({ input: serve.stderr })) {
    const { event, url } = JSON.parse(line);
    if (event === 'listening') return new URL(url).port;
  }
  throw new Error('serve ended');
}

/** A palette of 256 colours is plenty, and a third of the size. */
function shrink(from, to) {
  const filter = 'split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=dither=none';
  const options = ['-v', 'error', '-y', '-i', from, '-vf', filter, '-compression_level', '9', to];
  execFileSync(process.env.FFMPEG_BIN ?? 'ffmpeg', options);
}

async function picture(browser, { name, url, ready, after = async () => {} }) {
  for (const { name: size, viewport } of SIZES) {
    for (const colorScheme of SCHEMES) {
      const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB' });
      const page = await context.newPage();
      await page.goto(url);
      await ready(page);
      const raw = join(scratch, 'raw.png');
      await page.screenshot({ path: raw });
      shrink(raw, join(images, `${name}-${size}-${colorScheme}.png`));
      await after();
      await context.close();
    }
  }
}

mkdirSync(images, { recursive: true });
const recordings = join(scratch, 'recordings');
const serve = camrec('serve', '--host', '127.0.0.1', '--port', '0', '--dir', recordings);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
  ],
});
const phones = [];
try {
  const port = await portOf(serve);
  serve.stderr.resume();
  for (const name of PHONES) {
    const address = `ws://127.0.0.1:${port}/android-cam`;
    phones.push(camrec('simulate', '--url', address, '--name', name, '--model', 'Pixel 6a'));
  }
  const camera = await (await browser.newContext()).newPage();
  await camera.goto(`http://127.0.0.1:${port}/camera?name=${BROWSER_CAMERA}&size=640x480`);
  await camera.locator('#state', { hasText: 'ready' }).waitFor();
  const start = ['capture', 'start', '--wait-devices', '3', '--aspect', '4:3'];
  await done(camrec(...start, '--label', 'rehearsal'));
  await camera.waitForTimeout(4000);
  await done(camrec('capture', 'stop'));
  await done(camrec(...start, '--label', 'first run'));

  await picture(browser, {
    name: 'monitor',
    url: `http://127.0.0.1:${port}/`,
    ready: async (page) => {
      await page.locator('[data-part="delay"]:visible').first().waitFor();
      await page.waitForTimeout(2500);
    },
  });
  const stop = () => done(camrec('capture', 'stop'));
  await stop();
  await camera.close();
  await picture(browser, {
    name: 'camera',
    url: `http://127.0.0.1:${port}/camera?name=${BROWSER_CAMERA}`,
    ready: async (page) => {
      await page.locator('#state', { hasText: 'ready' }).waitFor();
      await done(camrec('capture', 'start', '--device', BROWSER_CAMERA));
      await page.locator('#figures', { hasText: 'pictures' }).waitFor();
      await page.waitForTimeout(1500);
    },
    after: stop,
  });
} finally {
  await browser.close();
  for (const child of [...phones, serve]) {
    child.kill('SIGINT');
    if (child.exitCode === null) await once(child, 'exit');
  }
  rmSync(scratch, { recursive: true, force: true });
}
