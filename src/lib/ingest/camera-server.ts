/**
 * The listener that cameras connect to: any path, any query, many at once.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Clock } from '../base/clock.js';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { CameraConnection, type CameraHandler } from './camera-connection.js';
import {
  CLOSING_HANDSHAKE_MS,
  HANDSHAKE_TIMEOUT_MS,
  MAX_HEADER_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_NAME_CHARS,
  SPARE_CONNECTIONS,
} from './limits.js';

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
  /** Called for each connection; the handler gets its messages. */
  readonly onCamera: (peer: CameraPeer) => CameraHandler;
  /** Answers HTTP requests; without it they are told what this port is for. */
  readonly onRequest?: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** Takes a WebSocket handshake over that is no camera's, and returns whether it did. */
  readonly onUpgrade?:
    | ((request: IncomingMessage, socket: Duplex, head: Buffer) => boolean)
    | undefined;
}

export class CameraServer {
  readonly #options: CameraServerOptions;
  readonly #http: Server;
  readonly #webSockets: WebSocketServer;

  constructor(options: CameraServerOptions) {
    this.#options = options;
    this.#http = createServer({
      headersTimeout: HANDSHAKE_TIMEOUT_MS,
      requestTimeout: HANDSHAKE_TIMEOUT_MS,
      connectionsCheckingInterval: HANDSHAKE_TIMEOUT_MS / 2,
      maxHeaderSize: MAX_HEADER_BYTES,
      noDelay: true,
    });
    this.#http.maxConnections = options.maxCameras + SPARE_CONNECTIONS;
    this.#http.on('request', options.onRequest ?? refuseRequest);
    this.#webSockets = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      clientTracking: true,
    });
    this.#webSockets.on('connection', (socket, request) => {
      const connection = new CameraConnection({
        socket,
        bytesRead: () => request.socket.bytesRead,
        clock: options.clock,
        silenceMs: options.silenceMs,
      });
      connection.start(options.onCamera({ connection, ...peerOf(request) }));
    });
    this.#http.on('upgrade', (request, socket, head) => {
      if (options.onUpgrade?.(request, socket, head)) return;
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) =>
        this.#webSockets.emit('connection', webSocket, request),
      );
    });
    this.#http.on('clientError', (error, socket) => this.#badRequest(error, socket as Socket));
  }

  /** Begins to listen. Throws PORT_IN_USE, CONNECTION_FAILED. */
  async listen(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', (error) => reject(listenError(error, host, port)));
      this.#http.listen({ host, port, exclusive: true }, resolve);
    });
    this.#http.removeAllListeners('error');
    this.#http.on('error', (error) =>
      this.#options.logger.error({ error: error.message }, `listener: ${error.message}`),
    );
  }

  /** The port that is listened on. */
  get port(): number {
    return (this.#http.address() as AddressInfo).port;
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
    for (const socket of this.#webSockets.clients) socket.close(1001, 'the server stops');
    const impatient = this.#options.clock.after(CLOSING_HANDSHAKE_MS, () => {
      for (const socket of this.#webSockets.clients) socket.terminate();
    });
    await closed;
    impatient.cancel();
  }

  #badRequest(error: Error, socket: Socket): void {
    const { logger } = this.#options;
    logger.debug({ address: socket.remoteAddress, error: error.message }, 'a peer spoke no HTTP');
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  }
}

function refuseRequest(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { 'Content-Type': 'text/plain', Upgrade: 'websocket' });
  response.end('This is camrec. Cameras connect here by WebSocket.\n');
}

function peerOf(request: IncomingMessage): Omit<CameraPeer, 'connection'> {
  const { remoteAddress = 'unknown', remotePort = 0 } = request.socket;
  return {
    address: remoteAddress.replace(/^::ffff:(?=\d+\.)/i, ''),
    port: remotePort,
    name: nameInUrl(request.url ?? '/'),
  };
}

/** Any path and any query is accepted, also one that is no proper URL. */
function nameInUrl(url: string): string | undefined {
  const query = url.indexOf('?');
  if (query === -1) return undefined;
  const name = new URLSearchParams(url.slice(query + 1)).get('name')?.trim();
  return name === undefined || name === '' ? undefined : name.slice(0, MAX_NAME_CHARS);
}

function listenError(error: Error, host: string, port: number): CamrecError {
  const code = systemErrorCode(error);
  if (code === 'EADDRINUSE') {
    return new CamrecError('PORT_IN_USE', `port ${port} on ${host} is already in use`, {
      hint: 'Another camrec daemon, perhaps: see `camrec status`. Or choose another port with --port.',
      cause: error,
    });
  }
  const hint =
    code === 'EACCES'
      ? 'Ports below 1024 need privileges: choose another with --port.'
      : 'Choose an address of this machine with --host.';
  return new CamrecError(
    'CONNECTION_FAILED',
    `cannot listen on ${host}:${port}: ${errorMessage(error)}`,
    { hint, cause: error },
  );
}
