/**
 * The daemon's end of the admin channel: JSON-RPC 2.0 over WebSocket (RFC 6455) on a local socket.
 * A client can neither hold the daemon up nor fill its memory: messages, calls, clients and unsent bytes are bounded.
 */
import { chmod, stat, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { CamrecError, systemErrorCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { DaemonApi } from './daemon-api.js';
import { dispatch, type RpcMethods } from './dispatcher.js';
import { answerId, RPC, rpcError, rpcNotification } from './json-rpc.js';
import { type AdminCaller, adminMethods } from './methods.js';
import { makeRuntimeDirectory, runtimeDirectory, socketPath } from './runtime-directory.js';
import { passingName, publishSocket } from './socket-file.js';

/** Largest message from a client. */
export const MAX_REQUEST_BYTES = 256 * 1024;

/** Clients at once. */
export const MAX_CLIENTS = 64;

/** Messages of one client that are being answered at once. */
export const MAX_PENDING_CALLS = 64;

/** Unsent bytes towards one client: beyond this it does not read, and is dropped. */
export const MAX_UNSENT_BYTES = 4 * 1024 * 1024;

const HANDSHAKE_MS = 5000;

export interface AdminServerOptions {
  readonly api: DaemonApi;
  readonly logger: Logger;
  /** Where the runtime directory is read from; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv;
}

interface Client {
  readonly socket: WebSocket;
  readonly caller: AdminCaller;
  pending: number;
}

export class AdminServer {
  /** The socket that clients connect to. */
  readonly path: string;
  readonly #options: AdminServerOptions;
  readonly #methods: RpcMethods<AdminCaller>;
  readonly #clients = new Set<Client>();
  readonly #http: Server;
  readonly #webSockets: WebSocketServer;
  #unsubscribe: (() => void) | undefined;
  #inode: number | undefined;

  private constructor(options: AdminServerOptions, path: string) {
    this.path = path;
    this.#options = options;
    this.#methods = adminMethods(options.api);
    this.#http = createServer({ requestTimeout: HANDSHAKE_MS, headersTimeout: HANDSHAKE_MS });
    this.#http.maxConnections = 2 * MAX_CLIENTS;
    this.#http.on('request', (_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain' });
      response.end('JSON-RPC 2.0 over WebSocket is spoken here.\n');
    });
    this.#webSockets = new WebSocketServer({
      server: this.#http,
      maxPayload: MAX_REQUEST_BYTES,
      perMessageDeflate: false,
    });
    this.#webSockets.on('connection', (socket) => this.#accept(socket));
    // Errors of the listener are those of #http, and are handled there.
    this.#webSockets.on('error', () => undefined);
  }

  /**
   * Opens the socket of the daemon at `api.info.port`. Throws PORT_IN_USE where a daemon answers there already,
   * DIRECTORY_UNUSABLE where the runtime directory is not safe.
   */
  static async listen(options: AdminServerOptions): Promise<AdminServer> {
    const env = options.env ?? process.env;
    await makeRuntimeDirectory(runtimeDirectory(env));
    const server = new AdminServer(options, socketPath(options.api.info.port, env));
    await server.#open();
    server.#unsubscribe = options.api.onEvent(({ event, ...params }) => {
      const text = rpcNotification(event, params);
      for (const client of server.#clients) {
        if (client.caller.subscribed) server.#send(client, text);
      }
    });
    return server;
  }

  /** Number of clients that are connected. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Ends every connection and takes the socket away. */
  async close(): Promise<void> {
    this.#unsubscribe?.();
    await this.#removeOwnFile();
    for (const client of this.#clients) client.socket.close(1001, 'the daemon ends');
    const closed = new Promise<void>((done) => this.#http.close(() => done()));
    // Clients that do not answer the closing handshake are not waited for.
    const impatient = setTimeout(() => {
      for (const client of this.#clients) client.socket.terminate();
      this.#http.closeAllConnections();
    }, 500);
    this.#http.closeIdleConnections();
    await closed;
    clearTimeout(impatient);
  }

  async #open(): Promise<void> {
    if (process.platform === 'win32') {
      await this.#listen(this.path);
      return;
    }
    const passing = passingName(this.path);
    await this.#listen(passing);
    await chmod(passing, 0o600);
    this.#inode = (await stat(passing)).ino;
    const taken = await publishSocket(passing, this.path).catch(async (error: unknown) => {
      await this.#abandon(passing);
      throw error;
    });
    if (taken === undefined) return;
    await this.#abandon(passing);
    throw this.#portInUse();
  }

  async #abandon(passing: string): Promise<void> {
    await new Promise<void>((done) => this.#http.close(() => done()));
    await unlink(passing).catch(() => undefined);
  }

  async #listen(path: string): Promise<void> {
    await new Promise<void>((done, failed) => {
      this.#http.once('error', failed);
      this.#http.listen(path, () => {
        this.#http.off('error', failed);
        done();
      });
    }).catch((error: unknown) => {
      if (systemErrorCode(error) === 'EADDRINUSE') throw this.#portInUse(error);
      throw new CamrecError('DIRECTORY_UNUSABLE', `The admin socket cannot be opened: ${path}`, {
        hint: 'Set CAMREC_RUNTIME_DIR to a directory of your own, the same for every command.',
        cause: error,
      });
    });
  }

  #portInUse(cause?: unknown): CamrecError {
    const { port } = this.#options.api.info;
    return new CamrecError('PORT_IN_USE', `Another daemon serves port ${port} already.`, {
      hint: `camrec status --port ${port} shows it; camrec serve --port ${port + 1} starts a second one.`,
      cause,
    });
  }

  /** The file is ours only while it is the one that we put there. */
  async #removeOwnFile(): Promise<void> {
    if (this.#inode === undefined) return;
    const found = await stat(this.path).catch(() => undefined);
    if (found?.ino === this.#inode) await unlink(this.path).catch(() => undefined);
  }

  #accept(socket: WebSocket): void {
    if (this.#clients.size >= MAX_CLIENTS) {
      socket.close(1013, 'too many clients');
      return;
    }
    const client: Client = {
      socket,
      caller: {
        subscribed: false,
        notify: (method, params) => this.#send(client, rpcNotification(method, params)),
      },
      pending: 0,
    };
    this.#clients.add(client);
    socket.on('close', () => this.#clients.delete(client));
    socket.on('error', (error) => {
      const fields = { event: 'admin.broken-off', error: error.message };
      this.#options.logger.debug(fields, 'an admin client broke off');
    });
    socket.on('message', (data, isBinary) => {
      if (isBinary) socket.close(1003, 'text only');
      else void this.#answer(client, String(data));
    });
  }

  async #answer(client: Client, text: string): Promise<void> {
    if (client.pending >= MAX_PENDING_CALLS) {
      const id = answerId(text);
      if (id === undefined) return;
      const message = `More than ${MAX_PENDING_CALLS} calls at once.`;
      this.#send(client, JSON.stringify(rpcError(id, { code: RPC.invalidRequest, message })));
      return;
    }
    client.pending += 1;
    const response = await dispatch(this.#methods, text, client.caller);
    client.pending -= 1;
    if (response !== undefined) this.#send(client, response);
  }

  #send(client: Client, text: string): void {
    if (client.socket.readyState !== client.socket.OPEN) return;
    if (client.socket.bufferedAmount > MAX_UNSENT_BYTES) {
      const text = 'an admin client does not read what it is sent: dropped';
      this.#options.logger.warn({ event: 'admin.dropped' }, text);
      client.socket.terminate();
      return;
    }
    client.socket.send(text);
  }
}
