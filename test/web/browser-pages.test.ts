import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_BEHAVIOUR } from '../../src/lib/simulate/behaviour.js';
import { simulatePhones } from '../../src/lib/simulate/simulate-phones.js';
import { keptCertificate } from '../../src/lib/web/self-signed.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { chromium } from '../support/tools.js';
import { launchBrowser, openPage } from '../support/web-browser.js';

/** A name that the test's browser finds on this machine, and that is no secure context over http. */
const PLAIN_NAME = 'camrec.example';

/** A busy machine starts browsers and writes sessions slowly. */
const PATIENCE_MS = 60_000;

describe.skipIf(!chromium)(
  'the pages in a browser (needs Chromium)',
  { timeout: PATIENCE_MS },
  () => {
    let browser: Browser;
    let served: TestDaemon;
    let port: number;

    beforeAll(async () => {
      [browser, served] = await Promise.all([
        launchBrowser('granted', [`--host-resolver-rules=MAP ${PLAIN_NAME} 127.0.0.1`]),
        startTestDaemon(),
      ]);
      port = served.daemon.info.port;
    });

    afterAll(async () => {
      await browser?.close();
      await served?.stop();
    });

    /** The problem that the camera page tells of. */
    async function problem(page: Page): Promise<string> {
      const alert = page.getByRole('alert');
      await alert.waitFor();
      return (await alert.textContent()) ?? '';
    }

    describe('the camera page says plainly what is missing', () => {
      it('a secure context', async () => {
        const { page } = await openPage(browser, `http://${PLAIN_NAME}:${port}/camera`);
        const text = await problem(page);
        expect(text).toContain('not secure');
        expect(text).toContain(`https://${PLAIN_NAME}:${port}/camera`);
        await page.context().close();
      });

      it('an encoder', async () => {
        const context = await browser.newContext();
        await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'VideoEncoder'));
        const page = await context.newPage();
        await page.goto(`http://127.0.0.1:${port}/camera`);
        expect(await problem(page)).toContain('no H.264 encoder');
        await context.close();
      });

      it('an encoder for this size, to the operator', async () => {
        const context = await browser.newContext();
        await context.addInitScript(() => {
          VideoEncoder.isConfigSupported = async (config) => ({ supported: false, config });
        });
        const page = await context.newPage();
        await page.goto(`http://127.0.0.1:${port}/camera?name=weak&size=640x480`);
        await page.locator('#state', { hasText: 'ready' }).waitFor();
        const { devices } = await served.daemon.startCapture(
          { bitrate: 4, fps: 10, timeoutMs: 10_000 },
          () => {},
        );
        expect(devices).toMatchObject([{ name: 'weak', state: 'failed' }]);
        expect(devices[0]?.message).toContain('no H.264 encoder for 640×480');
        await context.close();
      });

      it('a camera, or the leave to use it', async () => {
        const strict = await launchBrowser('denied');
        const { page } = await openPage(strict, `http://127.0.0.1:${port}/camera`);
        expect(await problem(page)).toContain('not allowed');
        await page.getByRole('button', { name: 'Try again' }).waitFor();
        await strict.close();
        const context = await browser.newContext();
        await context.addInitScript(() => {
          navigator.mediaDevices.getUserMedia = async () => {
            throw new DOMException('none', 'NotFoundError');
          };
        });
        const other = await context.newPage();
        await other.goto(`http://127.0.0.1:${port}/camera`);
        expect(await problem(other)).toContain('There is no camera');
        await context.close();
      });
    });

    it('films without a track processor, as in Safari; crops, stays awake, slows down with the network', async () => {
      const context = await browser.newContext();
      await context.addInitScript(() => {
        Reflect.deleteProperty(globalThis, 'MediaStreamTrackProcessor');
        let frames = 0;
        globalThis.VideoFrame = new Proxy(VideoFrame, {
          construct(target, init) {
            frames += 1;
            if (frames === 2) throw new DOMException('not at this moment', 'InvalidStateError');
            return Reflect.construct(target, init) as VideoFrame;
          },
        });
        Object.defineProperty(WebSocket.prototype, 'bufferedAmount', {
          get: () => Number(document.documentElement.dataset['unsent'] ?? 0),
        });
        const { wakeLock } = navigator;
        wakeLock.request = async (type) => {
          document.documentElement.dataset['awake'] = type;
          throw new DOMException('not here', 'NotAllowedError');
        };
      });
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${port}/camera?name=safari&size=640x480`);
      await page.locator('html[data-awake="screen"] #state', { hasText: 'ready' }).waitFor();
      const aspectRatio = { width: 16, height: 9 };
      const order = { bitrate: 4, fps: 20, aspectRatio, devices: ['safari'], timeoutMs: 25_000 };
      const { devices } = await served.daemon.startCapture(order, () => {});
      expect(devices).toMatchObject([{ name: 'safari', state: 'started' }]);
      const figures = page.locator('#figures');
      await figures.filter({ hasText: /[1-9]\d pictures$/ }).waitFor();
      // Over half a second of video waits; then none.
      const unsent = (bytes: number) =>
        page.evaluate((text) => {
          document.documentElement.dataset['unsent'] = text;
        }, String(bytes));
      await unsent(300_000);
      await figures.filter({ hasText: 'lowered' }).waitFor();
      await unsent(0);
      await figures.filter({ hasText: /pictures$/ }).waitFor();
      const { sessions } = await served.daemon.stopCapture({ timeoutMs: 10_000 });
      expect(sessions).toMatchObject([{ state: 'complete', lost: 0, width: 640, height: 360 }]);
      expect(sessions[0]?.frames).toBeGreaterThan(10);
      await served.event('session.opened');
      await served.finished();
      await context.close();
    });

    it('films over TLS with a certificate of our own, and with a token that leaves the address bar', async () => {
      const tls = await keptCertificate(await temporaryDirectory(), Date.now());
      const safe = await startTestDaemon({ tls, access: { token: 'open sesame' } });
      const [{ camera = '', monitor = '' } = {}] = safe.daemon.pages.pages;
      expect(camera).toMatch(/^https:.*\/camera\?token=open/);
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      await page.goto(`${camera}&name=safe`);
      await page.locator('#state', { hasText: 'ready' }).waitFor();
      expect(page.url()).not.toContain('token');
      const other = await context.newPage();
      await other.goto(monitor);
      await other.locator('#connection', { hasText: 'connected' }).waitFor();
      await other.locator('#cameras .card', { hasText: 'safe' }).waitFor();

      // Without the token a person is asked for it.
      const stranger = await browser.newContext({ ignoreHTTPSErrors: true });
      const question = await stranger.newPage();
      await question.goto(new URL('/', monitor).href);
      await question.getByLabel('Token').fill('open sesame');
      await question.keyboard.press('Enter');
      await question.locator('#connection', { hasText: 'connected' }).waitFor();
      expect(question.url()).not.toContain('token');
      await Promise.all([context.close(), stranger.close()]);
      await safe.stop();
    });

    it('the monitor is used by keyboard and read out', async () => {
      const leave = new AbortController();
      const phone = simulatePhones({
        url: served.url,
        name: 'porch',
        behaviour: DEFAULT_BEHAVIOUR,
        signal: leave.signal,
      });
      const { page, complaints } = await openPage(browser, `http://127.0.0.1:${port}/`);
      await page.getByRole('button', { name: 'Start porch' }).waitFor();
      await page.getByLabel('Label').fill('by hand');
      await page.getByLabel('Label').press('Enter');
      const started = await served.event('session.opened');
      expect(started.session).toMatchObject({ device: 'porch', label: 'by hand' });
      await page.getByRole('img', { name: 'Live picture of porch' }).waitFor();
      await page.locator('#capture-message', { hasText: '1 camera started' }).waitFor();
      await page.locator('[data-part="stop"]:enabled').focus();
      await expect
        .poll(() => page.evaluate(() => document.activeElement?.ariaLabel))
        .toBe('Stop porch');
      await page.keyboard.press('Space');
      const finished = await served.finished();
      expect(finished).toMatchObject({ device: 'porch', state: 'complete' });

      const log = page.getByRole('log', { name: 'Events' });
      await log.getByText('porch finished').waitFor();
      const play = page.getByRole('button', { name: /^Play porch/ });
      await play.focus();
      // Its card cuts off what lies around the button.
      const offset = await play.evaluate((one) => getComputedStyle(one).outlineOffset);
      expect(Number.parseFloat(offset)).toBeLessThan(0);
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      await page.getByRole('link', { name: 'MP4' }).first().waitFor();
      // Everything that can be used has a name.
      const nameless = await page.evaluate(() =>
        [...document.querySelectorAll('button, a, input, select')]
          .filter((one) => one.checkVisibility())
          .filter((one) => {
            const labels = one instanceof HTMLInputElement || one instanceof HTMLSelectElement;
            const label = labels ? (one.labels?.[0]?.textContent ?? '') : one.textContent;
            return !(one.getAttribute('aria-label') || label?.trim());
          })
          .map((one) => one.outerHTML),
      );
      expect(nameless).toEqual([]);
      // Nor is there an item of a list that is none to who has it read out.
      const stray = page.locator('li:not(:is(ul, ol):not([role]) > li)');
      expect(await stray.count()).toBe(0);
      expect(complaints).toEqual([]);
      leave.abort();
      await phone;
      await page.context().close();
    });

    it('fit on a phone, light and dark', async () => {
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const path of ['/', '/camera']) {
          const viewport = { width: 360, height: 740 };
          const url = `http://127.0.0.1:${port}${path}`;
          const { page } = await openPage(browser, url, { viewport, colorScheme });
          await page.locator('h1').first().waitFor();
          const { wide, ground, text } = await page.evaluate(() => {
            const { backgroundColor, color } = getComputedStyle(document.body);
            const sum = (value: string) =>
              (value.match(/[\d.]+/g) ?? [])
                .slice(0, 3)
                .reduce((total, one) => total + Number(one), 0);
            const wide = document.documentElement.scrollWidth > innerWidth;
            return { wide, ground: sum(backgroundColor), text: sum(color) };
          });
          expect(wide).toBe(false);
          expect(ground > text).toBe(colorScheme === 'light');
          await page.context().close();
        }
      }
    });
  },
);
