import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { SessionSummary } from '../../src/lib/base/session-summary.js';
import { DEFAULT_BEHAVIOUR } from '../../src/lib/simulate/behaviour.js';
import { simulatePhones } from '../../src/lib/simulate/simulate-phones.js';
import { MAX_SESSIONS, MAX_VIEWERS } from '../../src/lib/web/limits.js';
import { LIVE_PATH, LIVE_SUBPROTOCOL } from '../../src/lib/web/live-protocol.js';
import type { WebSessions } from '../../src/lib/web/web-api.js';
import { CuttableProxy } from '../support/cuttable-proxy.js';
import { startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';
import { chromium } from '../support/tools.js';
import { launchBrowser, openPage } from '../support/web-browser.js';

/** A busy machine starts browsers and writes sessions slowly. */
const PATIENCE_MS = 90_000;

/** More sessions than the monitor shows at first. */
const MANY = 26;

describe.skipIf(!chromium)(
  'what the monitor says and keeps (needs Chromium)',
  { timeout: PATIENCE_MS },
  () => {
    let browser: Browser;
    let served: TestDaemon | undefined;

    beforeAll(async () => {
      browser = await launchBrowser();
    });

    afterEach(async () => {
      for (const context of browser.contexts()) await context.close();
      await served?.stop();
      served = undefined;
    });

    afterAll(() => browser?.close());

    async function monitor(path = '/'): Promise<Page> {
      const port = served?.daemon.info.port;
      return (await openPage(browser, `http://127.0.0.1:${port}${path}`)).page;
    }

    /** A session of half a second. */
    async function record(daemon: TestDaemon, name: string): Promise<SessionSummary> {
      const behaviour = { ...DEFAULT_BEHAVIOUR, autostart: true, fps: 20 };
      await simulatePhones({ url: daemon.url, name, durationMs: 500, behaviour });
      return await daemon.finished();
    }

    it('says why it is not connected, and nothing that it does not know', async () => {
      served = await startTestDaemon();
      await record(served, 'phone');
      const page = await monitor();
      await page.getByRole('button', { name: /^Play phone/ }).waitFor();
      await page.getByText('No camera is connected.').waitFor();
      await served.stop();
      served = undefined;
      const answer = 'The server does not answer. Is camrec serve still running?';
      await page.locator('#unreachable', { hasText: answer }).waitFor();
      expect(await page.locator('#connection').textContent()).toBe('no connection');
      expect(await page.getByText('No camera is connected.').isVisible()).toBe(false);
      expect(await page.locator('#disk').textContent()).toBe('');
      // The browser says no more of it than of a film that it cannot play.
      await page.getByRole('button', { name: /^Play phone/ }).click();
      await page.locator('#player-message', { hasText: answer }).waitFor();
    });

    it('says that the server takes no more of its kind', async () => {
      served = await startTestDaemon();
      const url = `ws://127.0.0.1:${served.daemon.info.port}${LIVE_PATH}`;
      const viewers = Array.from(
        { length: MAX_VIEWERS },
        () => new WebSocket(url, LIVE_SUBPROTOCOL),
      );
      await Promise.all(viewers.map((viewer) => once(viewer, 'open')));
      const page = await monitor();
      await page.locator('#unreachable', { hasText: 'too many are open' }).waitFor();
      for (const viewer of viewers) viewer.terminate();
      await page.locator('#connection', { hasText: /^connected$/ }).waitFor();
      expect(await page.locator('#unreachable').textContent()).toBe('');
    });

    it('says why no recording can begin, and why it cannot list sessions', async () => {
      served = await startTestDaemon({ minFreeBytes: Number.MAX_SAFE_INTEGER });
      await rm(served.directory, { recursive: true });
      const page = await monitor();
      await page.locator('#trouble', { hasText: 'No recording can begin: ' }).waitFor();
      await page.locator('#sessions-missing', { hasText: 'There is no directory' }).waitFor();
      expect(await page.getByText('No session is finished yet.').isVisible()).toBe(false);
    });

    it('shows finished sessions behind however many that run', async () => {
      served = await startTestDaemon();
      await record(served, 'before');
      const leave = new AbortController();
      const behaviour = { ...DEFAULT_BEHAVIOUR, autostart: true };
      const phones = simulatePhones({
        ...{ url: served.url, devices: MANY, name: 'many', behaviour, signal: leave.signal },
      });
      await served.event('session.opened');
      for (let n = 0; n < MANY; n += 1) await served.event('session.opened');
      const page = await monitor();
      await page.getByRole('button', { name: /^Play before/ }).waitFor();
      expect(await page.locator('#sessions .card').count()).toBe(1);
      expect(await page.getByRole('button', { name: 'Show more' }).isVisible()).toBe(false);
      leave.abort();
      await phones;
    });

    it('shows a session that is recovered while it is open', async () => {
      served = await startTestDaemon();
      const { dir } = await record(served, 'crashed');
      const path = join(dir, 'session.json');
      const manifest = await readFile(path, 'utf8');
      await writeFile(path, manifest.replace('"state": "complete"', '"state": "recording"'));
      const page = await monitor();
      await page.getByText('No session is finished yet.').waitFor();
      await writeFile(path, manifest);
      await page.getByRole('button', { name: /^Play crashed/ }).waitFor();
    });

    it('leaves every button in its card and every word in its order, whatever cameras call themselves', async () => {
      served = await startTestDaemon();
      const name = `\u202e${'x'.repeat(63)}`;
      const phone = await TestPhone.connect(`${served.url}?name=${encodeURIComponent(name)}`);
      phone.capabilities(`\u202e${'m'.repeat(400)}`);
      phone.status('error', `\u202e${'e'.repeat(400)}`);
      await served.event('device.error');
      const page = await monitor();
      const card = page.locator('#cameras .card');
      await card.getByText('mmm').waitFor();
      const [outer, button] = await Promise.all([
        card.boundingBox(),
        card.locator('[data-part="stop"]').boundingBox(),
      ]);
      const right = (box: typeof outer) => (box === null ? Number.NaN : box.x + box.width);
      expect(right(button)).toBeLessThan(right(outer));
      const log = page.getByRole('log');
      await log.getByText('reports an error').waitFor();
      expect(await page.locator('body').textContent()).not.toContain('\u202e');
      await phone.close();
    });

    it('keeps the focus while a camera takes its time, and does not stop what a long press has started', async () => {
      served = await startTestDaemon();
      const phone = await TestPhone.connect(`${served.url}?name=slow`);
      const page = await monitor();
      const focus = () => page.evaluate(() => document.activeElement?.ariaLabel);
      const state = (text: string) => page.locator('#cameras .pill', { hasText: text }).waitFor();
      await page.getByRole('button', { name: 'Start slow' }).focus();
      await page.keyboard.down('Enter');
      await phone.receive(1);
      await state('starting');
      await expect.poll(focus).toBe('Stop slow');
      // As a keyboard repeats it.
      await page.keyboard.down('Enter');
      await page.keyboard.up('Enter');
      phone.status('capture_started');
      await state('recording');
      expect(phone.received).toHaveLength(1);
      await page.keyboard.press('Enter');
      await phone.receive(2);
      await state('stopping');
      expect(await focus()).toBe('Stop slow');
      phone.status('capture_stopped');
      await state('idle');
      await expect.poll(focus).toBe('Start slow');
      await phone.close();
    });

    it('does not show a late answer in the place of that to the last action', async () => {
      served = await startTestDaemon();
      const phone = await TestPhone.connect(`${served.url}?name=slow`);
      const page = await monitor();
      let answerStart = () => {};
      const late = new Promise<void>((resolve) => {
        answerStart = resolve;
      });
      await page.route('**/api/capture/start', async (route) => {
        const response = await route.fetch();
        await late;
        await route.fulfill({ response });
      });
      await page.getByRole('button', { name: 'Start slow' }).click();
      await phone.receive(1);
      phone.status('capture_started');
      await page.getByRole('button', { name: 'Stop slow' }).click();
      await phone.receive(2);
      phone.status('capture_stopped');
      const message = page.locator('#capture-message');
      const stopped = 'slow failed: the camera sent no picture.';
      await message.getByText(stopped).waitFor();
      answerStart();
      await message.getByText('1 camera started.').waitFor();
      const lines = await message.locator('span').allTextContents();
      expect(lines).toEqual(['1 camera started.', stopped]);
      await page.getByRole('button', { name: 'Stop all' }).click();
      await message.getByText('No camera was recording.').waitFor();
      expect(await message.locator('span').count()).toBe(1);
      await phone.close();
    });

    it('gives the focus back after its connection broke, and tells no event twice', async () => {
      served = await startTestDaemon();
      const phones = await Promise.all(
        ['left', 'right'].map((name) => TestPhone.connect(`${served?.url}?name=${name}`)),
      );
      const proxy = await CuttableProxy.open(served.daemon.info.port);
      const { page } = await openPage(browser, `http://127.0.0.1:${proxy.port}/`);
      const focus = () => page.evaluate(() => document.activeElement?.ariaLabel);
      await page.getByRole('button', { name: 'Start right' }).focus();
      const line = page.getByRole('log').getByText('left connected');
      await line.waitFor();
      await line.evaluate((element) => Object.assign(element, { isOld: true }));
      proxy.cut();
      await page.locator('#connection', { hasText: 'no connection' }).waitFor();
      await expect.poll(() => page.locator('#cameras .card').count()).toBe(0);
      const late = await TestPhone.connect(`${served.url}?name=late`);
      proxy.mend();
      await page.getByRole('log').getByText('late connected').waitFor();
      await expect.poll(focus).toBe('Start right');
      expect(await line.evaluate((element) => 'isOld' in element)).toBe(true);
      await Promise.all([...phones, late].map((phone) => phone.close()));
      await page.close();
      await proxy.close();
    });

    it('goes on with the keyboard at what the last page of sessions has brought', async () => {
      served = await startTestDaemon();
      const { dir, id } = await record(served, 'many');
      const manifest = await readFile(join(dir, 'session.json'), 'utf8');
      for (let n = 0; n < MANY; n += 1) {
        const copy = `${id}-${n}`;
        await mkdir(join(served.directory, copy));
        const itsOwn = manifest.replaceAll(basename(id), copy);
        await writeFile(join(served.directory, copy, 'session.json'), itsOwn);
      }
      const page = await monitor();
      const more = page.getByRole('button', { name: 'Show more' });
      await more.focus();
      await page.keyboard.press('Enter');
      await more.waitFor({ state: 'hidden' });
      const focused = page.locator('#sessions .card:nth-child(25) :focus');
      await focused.waitFor();
      expect(await page.getByText('Older ones are not shown here').isVisible()).toBe(false);
    });

    it('says that there are more sessions than it shows', async () => {
      served = await startTestDaemon();
      await record(served, 'one');
      const page = await monitor();
      await page.getByRole('button', { name: /^Play one/ }).waitFor();
      const { port } = served.daemon.info;
      const answer = await fetch(`http://127.0.0.1:${port}/api/sessions`);
      const { sessions } = (await answer.json()) as WebSessions;
      const many = Array.from({ length: MAX_SESSIONS }, (_, n) => ({
        ...sessions[0],
        id: `one-${n}`,
      }));
      await page.route('**/api/sessions?*', (route) => route.fulfill({ json: { sessions: many } }));
      await record(served, 'two');
      await page.getByText('Older ones are not shown here').waitFor();
      expect(await page.getByRole('button', { name: 'Show more' }).isVisible()).toBe(false);
      await page.unrouteAll({ behavior: 'ignoreErrors' });
    });

    it('asks for the token again without forgetting what the address said', async () => {
      served = await startTestDaemon({ access: { token: 'open sesame' } });
      const page = await monitor('/camera?name=tripod&size=640x480');
      const wrong = page.getByText('That was not the token.');
      await page.getByLabel('Token').fill('wrong');
      expect(await wrong.isVisible()).toBe(false);
      await page.keyboard.press('Enter');
      await wrong.waitFor();
      expect(page.url()).not.toContain('token');
      await page.getByLabel('Token').fill('open sesame');
      await page.keyboard.press('Enter');
      await page.locator('#state', { hasText: 'ready' }).waitFor();
      expect(await page.getByLabel('Name').inputValue()).toBe('tripod');
      expect(await page.getByLabel('Picture size').inputValue()).toBe('640x480');
      expect(page.url()).not.toContain('token');
    });
  },
);
