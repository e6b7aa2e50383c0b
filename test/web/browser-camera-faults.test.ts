import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CuttableProxy } from '../support/cuttable-proxy.js';
import { startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { chromium } from '../support/tools.js';
import { launchBrowser } from '../support/web-browser.js';

/** A busy machine starts browsers and writes sessions slowly. */
const PATIENCE_MS = 90_000;

const ORDER = { bitrate: 4, fps: 10, timeoutMs: 25_000 };

describe.skipIf(!chromium)(
  'a browser camera with which something goes wrong (needs Chromium)',
  { timeout: PATIENCE_MS },
  () => {
    let browser: Browser;
    let served: TestDaemon;
    let port: number;

    beforeAll(async () => {
      [browser, served] = await Promise.all([launchBrowser(), startTestDaemon()]);
      port = served.daemon.info.port;
    });

    afterAll(async () => {
      await browser?.close();
      await served?.stop();
    });

    /** A camera page whose tracks, and whose wish to fail, can be reached. */
    async function camera(name: string, atPort = port): Promise<Page> {
      const context = await browser.newContext();
      await context.addInitScript(() => {
        const page = globalThis as unknown as {
          tracks: MediaStreamTrack[];
          isBroken?: boolean;
          isTurned?: boolean;
        };
        page.tracks = [];
        Object.defineProperty(VideoFrame.prototype, 'rotation', {
          get: () => (page.isTurned ? 90 : 0),
        });
        const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (constraints) => {
          await new Promise((resolve) => setTimeout(resolve, 100));
          const stream = await open(constraints);
          page.tracks.push(...stream.getTracks());
          return stream;
        };
        const { encode } = VideoEncoder.prototype;
        VideoEncoder.prototype.encode = function (...picture) {
          if (page.isBroken) throw new Error('out of order');
          encode.apply(this, picture);
        };
      });
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${atPort}/camera?name=${name}&size=640x480`);
      await page.locator('#state', { hasText: 'ready' }).waitFor();
      // The page is ready as soon as it has said so; a busy daemon hears of it later.
      await expect.poll(() => stateOf(name)).toBe('idle');
      return page;
    }

    /** As a phone that is turned and has no memory to turn its pictures in. */
    async function turnWithoutMemory(page: Page): Promise<void> {
      await page.evaluate(() => {
        OffscreenCanvas.prototype.getContext = () => {
          throw new Error('out of memory');
        };
        Object.assign(globalThis, { isTurned: true });
      });
    }

    async function breakEncoder(page: Page, isBroken: boolean): Promise<void> {
      await page.evaluate((value) => Object.assign(globalThis, { isBroken: value }), isBroken);
    }

    const start = async (...devices: string[]) =>
      (await served.daemon.startCapture({ ...ORDER, devices }, () => {})).devices;

    const stateOf = async (name: string) =>
      (await served.daemon.status()).devices.find((device) => device.name === name)?.state;

    const figures = (page: Page) => page.locator('#figures', { hasText: /[1-9]\d* pictures/ });

    it('ends the session when its encoder fails, and can begin anew', async () => {
      const page = await camera('brittle');
      expect(await start('brittle')).toMatchObject([{ state: 'started' }]);
      await figures(page).waitFor();
      await breakEncoder(page, true);
      const session = await served.finished();
      expect(session).toMatchObject({ device: 'brittle', state: 'complete', reason: 'stopped' });
      expect((await served.event('device.error')).message).toBe('out of order');
      await breakEncoder(page, false);
      expect(await start('brittle')).toMatchObject([{ state: 'started' }]);
      await served.daemon.stopCapture({ timeoutMs: 10_000 });
      await served.finished();
      await page.context().close();
    });

    it('ends the session when a picture cannot be turned', async () => {
      const page = await camera('turned');
      expect(await start('turned')).toMatchObject([{ state: 'started' }]);
      await figures(page).waitFor();
      await turnWithoutMemory(page);
      expect(await served.finished()).toMatchObject({ device: 'turned', reason: 'stopped' });
      expect((await served.event('device.error')).message).toBe('out of memory');
      await page.context().close();
    });

    it('says that its camera is gone, on the page and to the operator, until it is back', async () => {
      const page = await camera('unplugged');
      expect(await start('unplugged')).toMatchObject([{ state: 'started' }]);
      await figures(page).waitFor();
      await page.evaluate(() => {
        const { tracks } = globalThis as unknown as { tracks: MediaStreamTrack[] };
        for (const track of tracks) {
          track.stop();
          track.dispatchEvent(new Event('ended'));
        }
      });
      expect((await served.event('device.error')).message).toBe('The camera is gone');
      expect(await served.finished()).toMatchObject({ device: 'unplugged', reason: 'stopped' });
      expect(await start('unplugged')).toMatchObject([
        { state: 'failed', message: 'The camera is not open' },
      ]);
      expect(await page.locator('#state').textContent()).toBe('no camera');
      expect(await page.locator('#figures').isHidden()).toBe(true);
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.locator('#state', { hasText: 'ready' }).waitFor();
      expect(await start('unplugged')).toMatchObject([{ state: 'started' }]);
      await served.daemon.stopCapture({ timeoutMs: 10_000 });
      await served.finished();
      await page.context().close();
    });

    it('keeps one camera open, whatever is chosen how quickly, and is none without', async () => {
      const page = await camera('hasty');
      await page.getByLabel('Picture size').selectOption('1280x720');
      await page.getByLabel('Picture size').selectOption('1920x1080');
      const open = () =>
        page.evaluate(() => {
          const { tracks } = globalThis as unknown as { tracks: MediaStreamTrack[] };
          return tracks.map(({ readyState }) => readyState);
        });
      await expect.poll(open).toEqual(['ended', 'ended', 'live']);

      await page.context().close();

      const context = await browser.newContext();
      await context.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = async () => {
          throw new DOMException('no', 'NotAllowedError');
        };
      });
      const blind = await context.newPage();
      const sockets: string[] = [];
      blind.on('websocket', (socket) => sockets.push(socket.url()));
      await blind.goto(`http://127.0.0.1:${port}/camera`);
      await blind.locator('#state', { hasText: 'no camera' }).waitFor();
      await blind.getByLabel('Name').fill('blind');
      await blind.getByLabel('Name').press('Tab');
      // What the page began before is known once this is answered.
      await blind.evaluate(() => fetch('/api/clock'));
      expect(sockets).toEqual([]);
      await context.close();
    });

    it('has a name to come back under, whatever is typed', async () => {
      const page = await camera('named');
      await page.getByLabel('Name').fill('  ');
      await page.getByLabel('Name').press('Tab');
      await expect.poll(() => page.getByLabel('Name').inputValue()).toMatch(/^browser-/);
      const name = await page.getByLabel('Name').inputValue();
      await expect.poll(() => stateOf(name)).toBe('idle');
      await page.context().close();
    });

    it('goes by its name while another is typed, until its capture has ended', async () => {
      const page = await camera('typed');
      await page.getByLabel('Name').press('End');
      await page.keyboard.type('-2');
      expect(await start('typed')).toMatchObject([{ state: 'started' }]);
      await figures(page).waitFor();
      expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('name');
      await page.keyboard.press('Shift+Tab');
      expect(await stateOf('typed')).toBe('recording');
      await served.daemon.stopCapture({ timeoutMs: 10_000 });
      expect(await served.finished()).toMatchObject({ device: 'typed', reason: 'stopped' });
      await expect.poll(() => stateOf('typed-2')).toBe('idle');
      await page.context().close();
    });

    it('gives a capture up that the server has given up, however often it tries to come back', async () => {
      const proxy = await CuttableProxy.open(port);
      const page = await camera('left', proxy.port);
      expect(await start('left')).toMatchObject([{ state: 'started' }]);
      await figures(page).waitFor();
      proxy.cut();
      await page.locator('#state', { hasText: 'reconnecting' }).waitFor();
      expect(await served.finished()).toMatchObject({ device: 'left', reason: 'disconnected' });
      await page.locator('#state', { hasText: /^connecting$/ }).waitFor();
      await page.locator('#server', { hasText: 'The server does not answer.' }).waitFor();
      proxy.mend();
      await page.locator('#state', { hasText: 'ready' }).waitFor();
      expect(await stateOf('left')).toBe('idle');
      expect(await page.locator('#server').textContent()).toMatch(/^Connected to [^ ]+$/);
      await page.context().close();
      await proxy.close();
    });
  },
);
