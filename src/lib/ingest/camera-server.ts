/**
 * The listener that cameras connect to: any path, any query, many at once.
 */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../base/clock.js';
import { cutText } from '../base/cut-text.js';
import { systemErrorCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { type AccessDecision, type AccessRules, checkAccess } from './access.js';
import { CameraConnection, type CameraHandler } from './camera-connection.js';
import { ConnectionGate } from './connection-gate.js';
import {
  addressOf,
  challenge,
  createHttpServer,
  faultOf,
  GONE_HTTP_ERRORS,
  LIMIT_OF_HTTP_ERROR,
  listenError,
  plainAddress,
  refuseRequest,
  refuseUpgrade,
  STATUS_OF_HTTP_ERROR,
  type TlsIdentity,
} from './http-listener.js';
import {
  CLOSING_HANDSHAKE_MS,
  MAX_BUFFERED_CHUNKS,
  MAX_FRAGMENTS,
  MAX_MESSAGE_BYTES,
  MAX_NAME_CHARS,
  MAX_PENDING_PONGS,
  MAX_UNFINISHED_BYTES,
  type OnPeerLimit,
  type PeerLimit,
  SPARE_CONNECTIONS,
} from './limits.js';
import { UnfinishedBytes } from './unfinished-bytes.js';

/** Who has connected. */
export interface CameraPeer {
  readonly connection: CameraConnection;
  /** Remote address with `::ffff:` unwrapped. */
  readonly address: string;
  readonly port: number;
  /** The `name` of the URL's query, if it has one. */
  readonly name: string | undefined;
}

export interface CameraServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly maxCameras: number;
  /** Silence after which a camera counts as gone, in milliseconds. */
  readonly silenceMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Everybody may come in unless given. */
  readonly access?: AccessRules | undefined;
  /** With it, cameras connect by `wss`. */
  readonly tls?: TlsIdentity | undefined;
  /** A peer has met a limit. */
  readonly onLimit?: OnPeerLimit | undefined;
  /** Called for each connection; the handler gets its messages. */
  readonly onCamera: (peer: CameraPeer) => CameraHandler;
  /** Answers HTTP requests; without it they are told what this port is for. */
  readonly onRequest?: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** Answers HTTP requests without the token, so that a person can be asked for it; else they are told 401. */
  readonly onUnauthorized?:
    | ((request: IncomingMessage, response: ServerResponse) => void)
    | undefined;
  /** Takes a WebSocket handshake over that is no camera's, and returns whether it did. */
  readonly onUpgrade?:
    | ((request: IncomingMessage, socket: Duplex, head: Buffer) => boolean)
    | undefined;
}

export class CameraServer {
  readonly #options: CameraServerOptions;
  readonly #http: Server;
  readonly #webSockets: WebSocketServer;
  readonly #gate: ConnectionGate;
  readonly #unfinished = new UnfinishedBytes(MAX_UNFINISHED_BYTES);
  #port = 0;

  constructor(options: CameraServerOptions) {
    this.#options = options;
    this.#gate = new ConnectionGate({
      maxConnections: options.maxCameras + SPARE_CONNECTIONS,
      clock: options.clock,
      onLimit: (...limit) => this.#limit(...limit),
    });
    this.#http = createHttpServer(options.tls);
    this.#http.on('connection', (socket) => this.#gate.admit(socket));
    this.#http.on('request', (request, response) => this.#request(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    // Told of faults of TLS, too.
    this.#http.on('clientError', (error, socket) => this.#badRequest(error, socket as Socket));
    // closeTimeout, maxFragments, maxBufferedChunks and maxPendingAutoPongs are younger than the type declarations of ws.
    const webSocketOptions: WebSocketOptions = {
      noServer: true,
      maxPayload: MAX_MESSAGE_BYTES,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: MAX_BUFFERED_CHUNKS,
      maxPendingAutoPongs: MAX_PENDING_PONGS,
      // Whom we close and who does not answer is cut off by the library.
      closeTimeout: CLOSING_HANDSHAKE_MS,
      perMessageDeflate: false,
      clientTracking: true,
    };
    this.#webSockets = new WebSocketServer(webSocketOptions);
    this.#webSockets.on('connection', (socket, request) => this.#connected(socket, request));
    this.#webSockets.on('wsClientError', (error, socket, request) => {
      this.#limit('not-websocket', addressOf(request), error.message);
      refuseUpgrade(socket, 400);
    });
  }

  /** Begins to listen. Throws PORT_IN_USE, CONNECTION_FAILED. */
  async listen(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', (error) => reject(listenError(error, host, port)));
      this.#http.listen({ host, port, exclusive: true }, resolve);
    });
    this.#port = (this.#http.address() as AddressInfo).port;
    this.#http.removeAllListeners('error');
    this.#http.on('error', ({ message }) =>
      this.#options.logger.error(
        { event: 'listener.failed', error: message },
        `listener: ${message}`,
      ),
    );
  }

  /** The port that is listened on, or was: who asks while it ends is told it too. */
  get port(): number {
    return this.#port;
  }

  /** Accepts nobody any more; connections go on. */
  stopListening(): void {
    this.#http.close();
  }

  /** Closes the listener and every connection; a peer that does not answer the closing handshake is cut off. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#webSockets.close(() => resolve()));
    this.#http.close();
    this.#http.closeAllConnections();
    this.#gate.close();
    for (const socket of this.#webSockets.clients) socket.close(1001, 'the server stops');
    await closed;
  }

  /** Bytes of messages that peers have begun and not finished. */
  get unfinishedBytes(): number {
    return this.#unfinished.total;
  }

  /** Connections that are open, cameras and others. */
  get connections(): number {
    return this.#gate.size;
  }

  #connected(socket: WebSocket, request: IncomingMessage): void {
    const { clock, silenceMs, onCamera } = this.#options;
    const address = addressOf(request);
    const connection = new CameraConnection({
      socket,
      stream: request.socket,
      clock,
      silenceMs,
      unfinished: this.#unfinished,
      onLimit: (limit, detail) => this.#limit(limit, address, detail),
      onIdentified: () => this.#admitCamera(request.socket),
    });
    const { remotePort: port = 0 } = request.socket;
    connection.start(onCamera({ connection, address, port, name: nameInUrl(request.url ?? '/') }));
  }

  /** Only cameras count: what has said nothing yet takes a spare connection, and the gate bounds those. */
  get #isFull(): boolean {
    return this.#gate.cameras >= this.#options.maxCameras;
  }

  get #fullText(): string {
    return `${this.#options.maxCameras} cameras are connected`;
  }

  /** Why a peer that has shown to be a camera may not stay, or nothing when it may. */
  #admitCamera(socket: Socket): string | undefined {
    if (this.#isFull) return this.#fullText;
    this.#gate.keep(socket);
    return undefined;
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const decision = this.#decide(request);
    const { onRequest = refuseRequest, onUnauthorized } = this.#options;
    if (!decision.ok && decision.status === 401 && onUnauthorized !== undefined) {
      onUnauthorized(request, response);
      return;
    }
    if (!decision.ok) {
      response.writeHead(decision.status, { Connection: 'close', ...challenge(decision) });
      response.end(`${STATUS_CODES[decision.status]}\n`);
      return;
    }
    if (decision.setCookie !== undefined) response.setHeader('Set-Cookie', decision.setCookie);
    onRequest(request, response);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A peer that resets while it is refused is nobody's error.
    socket.on('error', () => {});
    const decision = this.#decide(request);
    if (!decision.ok) {
      refuseUpgrade(socket, decision.status, challenge(decision));
      return;
    }
    if (this.#options.onUpgrade?.(request, socket, head)) return;
    if (this.#isFull) {
      this.#limit('too-many-cameras', addressOf(request), this.#fullText);
      refuseUpgrade(socket, 503);
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) =>
      this.#webSockets.emit('connection', webSocket, request),
    );
  }

  #decide(request: IncomingMessage): AccessDecision {
    const decision = checkAccess(request, this.#options.access ?? {});
    if (!decision.ok) this.#limit(decision.limit, addressOf(request), decision.detail);
    return decision;
  }

  #badRequest(error: Error, socket: Socket): void {
    const code = systemErrorCode(error) ?? '';
    if (GONE_HTTP_ERRORS.includes(code)) {
      socket.destroy();
      return;
    }
    const limit = LIMIT_OF_HTTP_ERROR[code] ?? 'not-http';
    this.#limit(limit, socket.remoteAddress ?? 'unknown', faultOf(error));
    if (socket.writable) refuseUpgrade(socket, STATUS_OF_HTTP_ERROR[code] ?? 400);
    else socket.destroy();
  }

  #limit(limit: PeerLimit, address: string, detail: string): void {
    this.#options.onLimit?.(limit, plainAddress(address), detail);
  }
}

type WebSocketOptions = ConstructorParameters<typeof WebSocketServer>[0] & {
  readonly closeTimeout: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  readonly maxPendingAutoPongs: number;
};

/** Any path and any query is accepted, also one that is no proper URL. */
function nameInUrl(url: string): string | undefined {
  const query = url.indexOf('?');
  if (query === -1) return undefined;
  const name = new URLSearchParams(url.slice(query + 1)).get('name')?.trim();
  return name === undefined || name === '' ? undefined : cutText(name, MAX_NAME_CHARS);
}
