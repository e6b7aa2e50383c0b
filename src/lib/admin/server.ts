/**
 * The daemon's end of the admin channel: JSON-RPC 2.0 over WebSocket (RFC 6455) on a local socket.
 * A client can neither hold the daemon up nor fill its memory: messages, calls, clients and unsent bytes are bounded.
 */
import { chmod, stat, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { DaemonApi } from './daemon-api.js';
import { dispatch, type RpcMethods } from './dispatcher.js';
import { answerId, RPC, rpcError, rpcNotification } from './json-rpc.js';
import { type AdminCaller, adminMethods } from './methods.js';
import { TOO_MANY_CLIENTS } from './protocol.js';
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

/** How often is looked whether the socket can still be found: whose last session ends loses the runtime directory. */
const LOOK_EVERY_MS = 2000;

export interface AdminServerOptions {
  readonly api: DaemonApi;
  readonly logger: Logger;
  /** Where the runtime directory is read from; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv;
  readonly lookEveryMs?: number;
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
  readonly #webSockets: WebSocketServer;
  #listener: Server | undefined;
  #unsubscribe: (() => void) | undefined;
  #inode: number | undefined;
  #looks: NodeJS.Timeout | undefined;
  /** The look that goes on. */
  #looking: Promise<void> | undefined;

  private constructor(options: AdminServerOptions, path: string) {
    this.path = path;
    this.#options = options;
    this.#methods = adminMethods(options.api);
    this.#webSockets = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_REQUEST_BYTES,
      perMessageDeflate: false,
    });
  }

  /**
   * Opens the socket of the daemon at `api.info.port`. Throws PORT_IN_USE where a daemon answers there already,
   * DIRECTORY_UNUSABLE where the runtime directory is not safe.
   */
  static async listen(options: AdminServerOptions): Promise<AdminServer> {
    const { env = process.env, lookEveryMs = LOOK_EVERY_MS } = options;
    const server = new AdminServer(options, socketPath(options.api.info.port, env));
    await server.#open();
    // A named pipe stands in no directory.
    if (process.platform !== 'win32') {
      server.#looks = setInterval(() => {
        server.#looking ??= server.#look().finally(() => {
          server.#looking = undefined;
        });
      }, lookEveryMs).unref();
    }
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
    clearInterval(this.#looks);
    await this.#looking;
    await this.#removeOwnFile();
    for (const client of this.#clients) client.socket.close(1001, 'the daemon ends');
    const closed = closeListener(this.#listener);
    // Clients that do not answer the closing handshake are not waited for.
    const impatient = setTimeout(() => {
      for (const client of this.#clients) client.socket.terminate();
      this.#listener?.closeAllConnections();
    }, 500);
    this.#listener?.closeIdleConnections();
    await closed;
    clearTimeout(impatient);
  }

  /** Listens, in place of the listener that there was: its clients stay. */
  async #open(): Promise<void> {
    await makeRuntimeDirectory(runtimeDirectory(this.#options.env));
    const listener = this.#makeListener();
    if (process.platform === 'win32') await this.#listen(listener, this.path);
    else await this.#publish(listener);
    void closeListener(this.#listener);
    this.#listener = listener;
  }

  async #publish(listener: Server): Promise<void> {
    const passing = passingName(this.path);
    await this.#listen(listener, passing);
    try {
      await chmod(passing, 0o600);
      const { ino } = await stat(passing);
      const taken = await publishSocket(passing, this.path);
      if (taken !== undefined) throw this.#portInUse();
      this.#inode = ino;
    } catch (error) {
      await closeListener(listener);
      await unlink(passing).catch(() => undefined);
      throw error instanceof CamrecError ? error : cannotBeOpened(this.path, error);
    }
  }

  #makeListener(): Server {
    const listener = createServer({ requestTimeout: HANDSHAKE_MS, headersTimeout: HANDSHAKE_MS });
    listener.maxConnections = 2 * MAX_CLIENTS;
    // One that comes later, as where no file can be opened, costs a client its connection, and nobody else.
    listener.on('error', () => undefined);
    listener.on('request', (_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain' });
      response.end('JSON-RPC 2.0 over WebSocket is spoken here.\n');
    });
    listener.on('upgrade', (request, stream, head) => {
      this.#webSockets.handleUpgrade(request, stream, head, (socket) => this.#accept(socket));
    });
    return listener;
  }

  /** Opens the socket again where nobody finds it any more. Never rejects: where that fails, the next look tries. */
  async #look(): Promise<void> {
    const found = await stat(this.path).catch((error: unknown) => systemErrorCode(error));
    if (found !== 'ENOENT') return;
    const { logger } = this.#options;
    try {
      await this.#open();
      const fields = { event: 'admin.reopened', socket: this.path };
      logger.info(fields, `the admin socket was gone, and is there again: ${this.path}`);
    } catch (error) {
      const fields = { event: 'admin.gone', error: errorMessage(error) };
      logger.debug(fields, 'the admin socket is gone, and cannot be made again yet');
    }
  }

  async #listen(listener: Server, path: string): Promise<void> {
    await new Promise<void>((done, failed) => {
      listener.once('error', failed);
      listener.listen(path, () => {
        listener.off('error', failed);
        done();
      });
    }).catch((error: unknown) => {
      if (systemErrorCode(error) === 'EADDRINUSE') throw this.#portInUse(error);
      throw cannotBeOpened(path, error);
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
    // Of whoever is turned away as well: an error that nobody takes would end the daemon.
    socket.on('error', (error) => {
      const fields = { event: 'admin.broken-off', error: error.message };
      this.#options.logger.debug(fields, 'an admin client broke off');
    });
    if (this.#clients.size >= MAX_CLIENTS) {
      socket.close(TOO_MANY_CLIENTS, 'too many clients');
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

/** Resolves when it takes nobody in any more and its last connection has ended. */
async function closeListener(listener: Server | undefined): Promise<void> {
  await new Promise<void>((done) => {
    if (listener === undefined) done();
    else listener.close(() => done());
  });
}

function cannotBeOpened(path: string, cause: unknown): CamrecError {
  const message = `The admin socket ${path} cannot be opened: ${errorMessage(cause)}`;
  return new CamrecError('DIRECTORY_UNUSABLE', message, {
    hint: 'Set CAMREC_RUNTIME_DIR to a directory of your own, the same for every command.',
    cause,
  });
}
