/**
 * Chromium as a player of MP4 files.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium as launcher } from 'playwright-core';
import { chromium, onPath } from './tools.js';

const BROWSER_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

export interface Played {
  /** How it ended: `ended`, or the player's error. */
  readonly outcome: string;
  /** Pictures that were decoded. */
  readonly decoded: number;
  readonly dropped: number;
  /** Seconds, as the player sees it. */
  readonly duration: number;
  readonly width: number;
  readonly height: number;
  /** Presentation times of the pictures that were painted, seconds. */
  readonly paintedAt: number[];
}

/** One browser, and the server of its page and files. */
export class Player {
  readonly #browser: Browser;
  readonly #server: Server;
  /** The files to play, by the path under which the page asks for them. */
  readonly #files = new Map<string, Buffer>();

  static async launch(): Promise<Player> {
    const executablePath = onPath(chromium ?? 'chromium');
    const player = new Player(await launcher.launch({ args: BROWSER_ARGS, executablePath }));
    await new Promise<void>((resolve) => player.#server.listen(0, '127.0.0.1', resolve));
    return player;
  }

  private constructor(browser: Browser) {
    this.#browser = browser;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** Plays from the beginning to the end, as fast as the times in the file say. */
  async play(file: Buffer): Promise<Played> {
    const path = `/${this.#files.size + 1}.mp4`;
    this.#files.set(path, file);
    const { port } = this.#server.address() as AddressInfo;
    const page = await this.#browser.newPage();
    try {
      await page.goto(`http://127.0.0.1:${port}/`);
      return await page.evaluate(playInPage, path);
    } finally {
      await page.close();
    }
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const file = this.#files.get(request.url ?? '');
    if (file === undefined) {
      response.setHeader('content-type', 'text/html').end('<!doctype html><video muted></video>');
      return;
    }
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const from = Number(range?.[1] ?? 0);
    const to = range?.[2] ? Number(range[2]) : file.length - 1;
    response.writeHead(range ? 206 : 200, {
      'content-type': 'video/mp4',
      'accept-ranges': 'bytes',
      'content-length': to - from + 1,
      ...(range ? { 'content-range': `bytes ${from}-${to}/${file.length}` } : {}),
    });
    response.end(file.subarray(from, to + 1));
  }
}

/** Runs in the page. */
async function playInPage(path: string): Promise<Played> {
  const video = document.querySelector('video') as HTMLVideoElement;
  const paintedAt: number[] = [];
  const painted = (_: number, { mediaTime }: { mediaTime: number }): void => {
    paintedAt.push(mediaTime);
    video.requestVideoFrameCallback(painted);
  };
  video.requestVideoFrameCallback(painted);
  const outcome = await new Promise<string>((resolve) => {
    video.onended = () => resolve('ended');
    video.onerror = () => resolve(`error ${video.error?.code}: ${video.error?.message}`);
    video.src = path;
    video.play().catch((error: unknown) => resolve(String(error)));
  });
  const quality = video.getVideoPlaybackQuality();
  return {
    outcome,
    decoded: quality.totalVideoFrames,
    dropped: quality.droppedVideoFrames,
    duration: video.duration,
    width: video.videoWidth,
    height: video.videoHeight,
    paintedAt,
  };
}
