/**
 * A real browser with a camera that is none: Chromium's fake device, a moving picture with a running clock.
 */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { chromium as command, onPath } from './tools.js';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Pages in the background go on as the tests' several pages have to.
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--use-fake-device-for-media-stream',
];

/** Whether pages get the camera without a question, or have it refused. */
export type CameraPermission = 'granted' | 'denied';

export async function launchBrowser(
  camera: CameraPermission = 'granted',
  more: readonly string[] = [],
): Promise<Browser> {
  const answer =
    camera === 'granted' ? '--use-fake-ui-for-media-stream' : '--deny-permission-prompts';
  return await chromium.launch({
    executablePath: onPath(command ?? 'chromium'),
    args: [...ARGS, answer, ...more],
  });
}

export interface OpenPage {
  readonly page: Page;
  /** Everything that went wrong in the page: errors, refused loads, violations of its security policy. */
  readonly complaints: string[];
}

/** Opens an address in a context of its own, and listens to what the page complains about. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints };
}
