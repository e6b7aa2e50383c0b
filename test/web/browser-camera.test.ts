import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionSummary } from '../../src/lib/base/session-summary.js';
import { CuttableProxy } from '../support/cuttable-proxy.js';
import { ServeProcess } from '../support/serve-process.js';
import { chromium, ffmpeg, ffprobe, repositoryRoot } from '../support/tools.js';
import { launchBrowser, type OpenPage, openPage } from '../support/web-browser.js';

const run = promisify(execFile);

/** How long a capture is left alone. */
const CAPTURE_MS = 5_000;
const CUT_MS = 2_000;

/** A busy machine starts browsers and writes sessions slowly. */
const PATIENCE_MS = 90_000;

/** The slowest that a picture may reach the monitor on one machine. */
const MAX_DELAY_MS = 300;

describe.skipIf(!chromium || !ffmpeg || !ffprobe)(
  'a browser as a camera, another as monitor (needs Chromium) (needs ffmpeg)',
  { timeout: PATIENCE_MS },
  () => {
    let serve: ServeProcess;
    let port: number;
    let browser: Browser;
    let monitor: OpenPage;

    beforeAll(async () => {
      [serve, browser] = await Promise.all([ServeProcess.start(), launchBrowser()]);
      port = Number(new URL(serve.url).port);
      monitor = await openPage(browser, `http://127.0.0.1:${port}/`);
    });

    afterAll(async () => {
      await browser?.close();
      await serve?.remove();
    });

    /** `camrec …` in a shell of its own, with JSON. */
    async function camrec<T>(...args: string[]): Promise<T> {
      const command = [join(repositoryRoot, 'bin/run.js'), ...args, '--json'];
      const env = { ...process.env, CAMREC_RUNTIME_DIR: join(serve.root, 'run') };
      return JSON.parse((await run(process.execPath, command, { env })).stdout) as T;
    }

    async function stopCapture(): Promise<SessionSummary> {
      const { sessions } = await camrec<{ sessions: SessionSummary[] }>('capture', 'stop');
      const [session] = sessions;
      if (session === undefined || sessions.length > 1) throw new Error('not one session');
      return session;
    }

    async function camera(name: string, onPort = port): Promise<OpenPage> {
      const url = `http://127.0.0.1:${onPort}/camera?name=${name}&size=640x480`;
      const opened = await openPage(browser, url);
      await serve.line('device.capabilities', (line) => line['device'] === name);
      return opened;
    }

    /** All that the issue asks of a session: verified by us, decoded by ffmpeg picture by picture. */
    async function expectWhole(session: SessionSummary): Promise<void> {
      expect(session).toMatchObject({ state: 'complete', rejected: 0 });
      const verified = await camrec<{ results: { ok: boolean }[] }>(
        ...['sessions', 'verify', session.id, '--dir', serve.directory],
      );
      expect(verified.results).toMatchObject([{ ok: true }]);
      const [mp4 = ''] = session.files.mp4;
      const decoded = await run(ffmpeg ?? '', [
        ...['-v', 'error', '-i', mp4, '-fps_mode', 'passthrough', '-f', 'framemd5', '-'],
      ]);
      expect(decoded.stderr).toBe('');
      const pictures = decoded.stdout.split('\n').filter((line) => /^0,/.test(line));
      expect(pictures).toHaveLength(session.frames);
    }

    /** What the card of a camera shows at this moment, as colours of a grid of points. */
    async function pixels(page: Page, name: string): Promise<number[]> {
      const card = page.locator('#cameras .card', { hasText: name });
      return await card.locator('canvas').evaluate((element) => {
        const { width, height } = element as HTMLCanvasElement;
        const copy = new OffscreenCanvas(width, height).getContext('2d', {
          willReadFrequently: true,
        });
        copy?.drawImage(element as HTMLCanvasElement, 0, 0);
        const { data = [] } = copy?.getImageData(0, 0, width, height) ?? {};
        return [...data].filter((_, index) => index % 997 === 0);
      });
    }

    /** Plays a session in the monitor to its end. */
    async function play({ id }: SessionSummary) {
      const { page } = monitor;
      await page.locator(`[data-session="${id}"] [data-part="play"]`).click();
      const played = await page.locator('#player video').evaluate(async (element) => {
        const video = element as HTMLVideoElement;
        // Seeking asks for parts of the file.
        await new Promise((resolve) => {
          video.addEventListener('seeked', resolve, { once: true });
          const seek = () => {
            video.currentTime = video.duration / 2;
          };
          if (video.readyState > 0) seek();
          else video.addEventListener('loadedmetadata', seek, { once: true });
        });
        video.currentTime = 0;
        video.playbackRate = 4;
        await new Promise((resolve, reject) => {
          video.addEventListener('ended', resolve, { once: true });
          video.addEventListener('error', () => reject(new Error(video.error?.message)));
          video.play().catch(reject);
        });
        return { durationMs: video.duration * 1000, error: video.error?.message };
      });
      await page.locator('#player-close').click();
      return played;
    }

    it('records from the shell, shows moving pictures meanwhile, and plays the session', async () => {
      const { page, complaints } = await camera('front');
      const label = ['--aspect', '4:3', '--fps', '10', '--label', 'browser'];
      await camrec('capture', 'start', ...label);
      const card = monitor.page.locator('#cameras .card', { hasText: 'front' });
      await card.locator('[data-part="delay"]').waitFor();
      const before = await pixels(monitor.page, 'front');
      await monitor.page.waitForTimeout(CAPTURE_MS);
      const after = await pixels(monitor.page, 'front');
      const delayMs = Number(await card.locator('[data-part="delay"]').getAttribute('data-ms'));
      const state = await page.locator('#state').textContent();
      const session = await stopCapture();

      expect(state).toBe('recording');
      expect(new Set(before).size).toBeGreaterThan(2);
      expect(after).not.toEqual(before);
      expect(after).toHaveLength(before.length);
      expect(delayMs).toBeGreaterThan(0);
      expect(delayMs).toBeLessThan(MAX_DELAY_MS);

      await expectWhole(session);
      expect(session).toMatchObject({ lost: 0, width: 640, height: 480, label: 'browser' });
      // The device's clock says what the capture lasted, and the pace that was asked for was kept.
      expect(session.durationMs).toBeGreaterThan(CAPTURE_MS - 1_000);
      expect(session.fps).toBeGreaterThan(8);
      expect(session.fps).toBeLessThan(12);

      const played = await play(session);
      expect(played).toMatchObject({ error: undefined });
      expect(Math.abs(played.durationMs - session.durationMs)).toBeLessThan(150);
      expect([...complaints, ...monitor.complaints]).toEqual([]);
      await page.context().close();
    });

    it('goes on with its session after the connection was cut for two seconds', async () => {
      const proxy = await CuttableProxy.open(port);
      const { page } = await camera('cut', proxy.port);
      await camrec('capture', 'start', '--aspect', '1:1', '--fps', '10');
      await page.waitForTimeout(CAPTURE_MS / 2);
      proxy.cut();
      await page.locator('#state', { hasText: 'reconnecting' }).waitFor();
      await page.waitForTimeout(CUT_MS);
      proxy.mend();
      await page.locator('#state', { hasText: 'recording' }).waitFor();
      await page.waitForTimeout(CAPTURE_MS / 2);
      const session = await stopCapture();

      await expectWhole(session);
      expect(session.durationMs).toBeGreaterThan(CAPTURE_MS + CUT_MS - 1_000);
      // What was filmed while the connection was gone came afterwards: one rhythm, but for the group that was cut.
      const rows = (await readFile(session.files.index, 'utf8')).trimEnd().split('\n').slice(1);
      const times = rows.map((row) => Number(row.split(',')[1]));
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
      expect(Math.max(...gaps)).toBeLessThan(1_500);
      const played = await play(session);
      expect(played).toMatchObject({ error: undefined });
      await page.context().close();
      await proxy.close();
    });
  },
);
