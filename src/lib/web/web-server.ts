/**
 * What the serving port answers besides cameras: the monitor at `/`, the browser camera at `/camera`, their files,
 * their API and the live WebSocket. The contract is docs/monitor.md.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { DaemonApi } from '../admin/daemon-api.js';
import type { Clock } from '../base/clock.js';
import { CamrecError, errorMessage } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { Disk } from '../storage/disk.js';
import { SummaryCache } from '../storage/summary-cache.js';
import { type Audience, refusalOf } from './admission.js';
import { sendSessions, startCapture, stopCapture } from './api.js';
import { Assets } from './assets.js';
import { MAX_VIEWER_MESSAGE_BYTES } from './limits.js';
import { LiveFeed } from './live-feed.js';
import { LIVE_PATH, LIVE_SUBPROTOCOL } from './live-protocol.js';
import type { LiveSource } from './live-source.js';
import { NOT_FOUND, type Refusal, sendJson, sendRefusal, setSecurityHeaders } from './responses.js';
import { downloadName, findSessionFile, sendFile } from './session-files.js';
import type { WebClock } from './web-api.js';

export interface WebServerOptions {
  readonly api: DaemonApi;
  readonly source: LiveSource;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether the listener lets in only who brings the token. */
  readonly needsToken: boolean;
  /** Directory of the built pages; found by itself unless given. */
  readonly assets?: string | undefined;
}

interface Route {
  readonly audience: Audience;
  readonly methods: readonly string[];
  /** A page to be opened, not something that a page asks for. */
  readonly page?: true;
  readonly answer: (request: IncomingMessage, response: ServerResponse, url: URL) => unknown;
}

const READ = ['GET', 'HEAD'];

/** Files that the camera page needs; the others are the monitor's. */
const CAMERA_ASSETS = ['camera.js', 'page.css', 'icon.svg'];

/** What the question for the token looks like. */
const OPEN_ASSETS = ['token.js', 'page.css', 'icon.svg'];

const TOKEN_NEEDED: Refusal = {
  status: 401,
  code: 'TOKEN_NEEDED',
  message: 'This server asks for its token.',
};

const NOT_BUILT: Refusal = {
  status: 404,
  code: 'FILE_NOT_FOUND',
  message: 'The pages are not built: npm run build makes them.',
};

export class WebServer {
  readonly feed: LiveFeed;
  readonly #options: WebServerOptions;
  readonly #assets: Assets;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_VIEWER_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: () => LIVE_SUBPROTOCOL,
  });

  constructor(options: WebServerOptions) {
    this.#options = options;
    this.#assets = new Assets(options.assets);
    this.feed = new LiveFeed(options);
    const sessions = { ...options, summaries: new SummaryCache() };
    this.#routes = new Map<string, Route>([
      ['/', this.#page('monitor', 'monitor.html')],
      ['/camera', this.#page('camera', 'camera.html')],
      ['/api/clock', { audience: 'camera', methods: READ, answer: (_, out) => this.#clock(out) }],
      [
        '/api/sessions',
        {
          audience: 'monitor',
          methods: READ,
          answer: (_, out, url) => sendSessions(sessions, url, out),
        },
      ],
      ['/api/capture/start', this.#action((request, out) => startCapture(options, request, out))],
      ['/api/capture/stop', this.#action((request, out) => stopCapture(options, request, out))],
    ]);
  }

  /** Answers a request. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.#guard(request, response, () => this.#answer(request, response));
  }

  /**
   * Answers a request that brings no token, or a wrong one: whoever opens a page is asked for it. The form brings it
   * in the address, for which the listener gives the browser a cookie. Never rejects.
   */
  refuse(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.#guard(request, response, () => this.#askForToken(request, response));
  }

  /** Takes a WebSocket handshake over where it is a viewer's; returns false where it may be a camera's. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (urlOf(request)?.pathname !== LIVE_PATH) return false;
    const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',');
    if (!protocols.some((protocol) => protocol.trim() === LIVE_SUBPROTOCOL)) return false;
    const refusal = refusalOf(request, this.#options.needsToken, 'monitor');
    if (refusal !== undefined) refuseUpgrade(socket, `${refusal.status} ${refusal.code}`);
    else if (this.feed.isFull) refuseUpgrade(socket, '503 Service Unavailable');
    else {
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) =>
        this.feed.accept(webSocket),
      );
    }
    return true;
  }

  /** Ends every viewer's connection. */
  close(): void {
    this.feed.close();
  }

  /** What fails costs this answer alone: nobody waits for it. */
  async #guard(
    request: IncomingMessage,
    response: ServerResponse,
    work: () => Promise<void>,
  ): Promise<void> {
    setSecurityHeaders(response);
    try {
      await work();
    } catch (error) {
      // Who goes away before the question is whole gets no answer, and that is nobody's defect.
      if (error !== request.errored) this.#fail(error, request, response);
    }
  }

  async #askForToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = urlOf(request)?.pathname ?? '';
    const isPage = this.#routes.get(path)?.page === true && READ.includes(request.method ?? '');
    const shown = isPage ? 'token.html' : OPEN_ASSETS.find((name) => path === `/assets/${name}`);
    const status = isPage ? 401 : 200;
    if (shown !== undefined && (await this.#assets.send(request, response, shown, status))) return;
    sendRefusal(response, TOKEN_NEEDED);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = urlOf(request);
    const route = url && (this.#routes.get(url.pathname) ?? this.#fileRoute(url.pathname));
    if (url === undefined || route === undefined) {
      sendRefusal(response, NOT_FOUND);
      return;
    }
    if (!route.methods.includes(request.method ?? '')) {
      response.setHeader('Allow', route.methods.join(', '));
      sendRefusal(response, { status: 405, code: 'USAGE', message: 'Not this way.' });
      return;
    }
    const { needsToken } = this.#options;
    const refusal = refusalOf(request, needsToken, route.audience, route.page);
    if (refusal === undefined) await route.answer(request, response, url);
    else sendRefusal(response, refusal);
  }

  #page(audience: Audience, file: string): Route {
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      const isThere = await this.#assets.send(request, response, file);
      if (!isThere) sendRefusal(response, NOT_BUILT);
    };
    return { audience, methods: READ, page: true, answer };
  }

  #action(answer: Route['answer']): Route {
    return { audience: 'monitor', methods: ['POST'], answer };
  }

  #clock(response: ServerResponse): void {
    sendJson(response, 200, { nowMs: this.#options.clock.now() } satisfies WebClock);
  }

  #fileRoute(path: string): Route | undefined {
    const [, room, first, second, ...rest] = path.split('/').map(decoded);
    if (first === undefined || rest.length > 0) return undefined;
    if (room === 'assets' && second === undefined) {
      const audience = CAMERA_ASSETS.includes(first) ? 'camera' : 'monitor';
      const answer: Route['answer'] = async (request, response) => {
        const isThere =
          !first.endsWith('.html') && (await this.#assets.send(request, response, first));
        if (!isThere) sendRefusal(response, NOT_FOUND);
      };
      return { audience, methods: READ, answer };
    }
    if (room !== 'sessions' || second === undefined) return undefined;
    return {
      audience: 'monitor',
      methods: READ,
      answer: (request, response, url) =>
        this.#sessionFile(request, response, first, second, url.searchParams.has('download')),
    };
  }

  async #sessionFile(
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    name: string,
    download: boolean,
  ): Promise<void> {
    const { disk, api } = this.#options;
    const path = await findSessionFile(disk, api.info.dir, id, name);
    const saveAs = download ? downloadName(id, name) : undefined;
    const isThere = path !== undefined && (await sendFile(request, response, path, saveAs));
    if (!isThere) sendRefusal(response, NOT_FOUND);
  }

  #fail(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    const isExpected = error instanceof CamrecError;
    if (!isExpected) {
      const url = urlOf(request)?.pathname;
      const fields = { event: 'request.failed', url, error: errorMessage(error) };
      this.#options.logger.error(fields, `a request failed: ${errorMessage(error)}`);
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    sendRefusal(response, {
      status: isExpected ? 409 : 500,
      code: isExpected ? error.code : 'INTERNAL',
      message: isExpected ? error.message : 'Something failed; the log of the server says what.',
      hint: isExpected ? error.hint : undefined,
    });
  }
}

function urlOf({ url = '/' }: IncomingMessage): URL | undefined {
  const absolute = `http://camrec${url}`;
  return url.startsWith('/') && URL.canParse(absolute) ? new URL(absolute) : undefined;
}

/** Part of a path as it was meant; one that cannot be read is no name of anything. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

/** Answers a handshake and cuts the connection: one whose peer never closes its side would stay half open. */
function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
    socket.destroy(),
  );
}
