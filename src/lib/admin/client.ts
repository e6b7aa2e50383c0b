/**
 * The other end of the admin channel: calls with a time limit, and events.
 */
import { EventEmitter } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { CamrecError, ERROR_CODES } from '../base/errors.js';
import { RPC, type RpcErrorObject, type RpcMessage, readRpcText, rpcRequest } from './json-rpc.js';
import {
  type AdminMethodName,
  type AdminMethods,
  CAPTURE_PROGRESS,
  type CaptureProgress,
  type DaemonEvent,
  type StartCaptureResult,
  TOO_MANY_CLIENTS,
} from './protocol.js';

/** Largest message from the daemon. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

/** Time that a call may take beyond what it is asked to wait for. */
export const CALL_TIMEOUT_MS = 10_000;

interface PendingCall {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
  readonly progress: ((device: CaptureProgress) => void) | undefined;
}

interface AdminClientEvents {
  /** Something happened in the daemon (after `subscribe`). */
  event: [DaemonEvent];
  /** The daemon is gone. Calls that wait are rejected. */
  close: [];
}

type Params<Name extends AdminMethodName> = AdminMethods[Name]['params'];
type Result<Name extends AdminMethodName> = AdminMethods[Name]['result'];

export class AdminClient extends EventEmitter<AdminClientEvents> {
  readonly path: string;
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, PendingCall>();
  #nextId = 1;
  #isTurnedAway = false;

  private constructor(path: string, socket: WebSocket) {
    super();
    this.path = path;
    this.#socket = socket;
    socket.on('message', (data) => this.#receive(String(data)));
    socket.on('close', (code) => this.#closed(code));
    // The reason follows as `close`.
    socket.on('error', () => undefined);
  }

  /** Connects to the socket at `path`. Rejects with the system's error where nobody listens there. */
  static async connect(path: string, timeoutMs: number): Promise<AdminClient> {
    const socket = new WebSocket('ws://localhost/', {
      // With a connection of its own, `ws` leaves the time limit to whoever makes it.
      createConnection: () => connect({ path, timeout: timeoutMs }),
      handshakeTimeout: timeoutMs,
      maxPayload: MAX_RESPONSE_BYTES,
      perMessageDeflate: false,
    });
    return await new Promise((resolve, reject) => {
      socket.once('open', () => {
        socket.off('error', reject);
        resolve(new AdminClient(path, socket));
      });
      socket.once('error', reject);
    });
  }

  /**
   * Calls a method. Rejects with the daemon's CamrecError, with TIMEOUT where no answer comes within `timeoutMs`,
   * with CONNECTION_FAILED where the daemon goes away first, or has too many clients.
   */
  async call<Name extends AdminMethodName>(
    method: Name,
    params: Params<Name>,
    options: { timeoutMs?: number } = {},
  ): Promise<Result<Name>> {
    return await this.#call(method, params, options.timeoutMs ?? CALL_TIMEOUT_MS, undefined);
  }

  /** `capture.start`, with each step of each phone as it happens. */
  async startCapture(
    params: Params<'capture.start'>,
    progress: (device: CaptureProgress) => void,
  ): Promise<StartCaptureResult> {
    const timeoutMs = (params.timeoutMs ?? CALL_TIMEOUT_MS) + CALL_TIMEOUT_MS;
    return await this.#call('capture.start', params, timeoutMs, progress);
  }

  /** Asks for `event`s from now on. */
  async subscribe(): Promise<void> {
    await this.call('events.subscribe', {});
  }

  /** Ends the connection; calls that wait are rejected. */
  close(): void {
    this.#socket.close();
    // Nothing is owed to this side any more: the process may end without waiting for the daemon's goodbye.
    setTimeout(() => this.#socket.terminate(), 200).unref();
  }

  async #call<Name extends AdminMethodName>(
    method: Name,
    params: Params<Name>,
    timeoutMs: number,
    progress: PendingCall['progress'],
  ): Promise<Result<Name>> {
    if (this.#socket.readyState === WebSocket.CLOSED) throw this.#gone();
    const id = this.#nextId++;
    const result = await new Promise<unknown>((resolve, reject) => {
      const late = () => {
        this.#pending.delete(id);
        const seconds = Math.round(timeoutMs / 100) / 10;
        const text = `The daemon did not answer ${method} within ${seconds} s.`;
        reject(
          new CamrecError('TIMEOUT', text, { hint: 'It may be overloaded: look at its log.' }),
        );
      };
      const timer = setTimeout(late, Math.min(timeoutMs, 2 ** 31 - 1));
      this.#pending.set(id, { resolve, reject, timer, progress });
      // While it closes, the end is still to come, and says why.
      if (this.#socket.readyState === WebSocket.OPEN) {
        this.#socket.send(rpcRequest(id, method, params));
      }
    });
    // The daemon speaks the same protocol version (find-daemon.ts makes sure): its results have this shape.
    return result as Result<Name>;
  }

  #receive(text: string): void {
    const read = readRpcText(text);
    if (read.kind === 'unreadable') return;
    for (const message of read.kind === 'batch' ? read.messages : [read.message]) {
      this.#message(message);
    }
  }

  #message(message: RpcMessage): void {
    switch (message.kind) {
      case 'result':
        this.#settle(message.id)?.resolve(message.result);
        break;
      case 'error':
        this.#settle(message.id)?.reject(fromErrorObject(message.error));
        break;
      case 'notification':
        this.#notification(message.method, message.params);
        break;
      case 'request':
      case 'invalid':
        break;
    }
  }

  #settle(id: unknown): PendingCall | undefined {
    if (typeof id !== 'number') return undefined;
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(call?.timer);
    return call;
  }

  #notification(method: string, params: unknown): void {
    if (typeof params !== 'object' || params === null) return;
    if (method === CAPTURE_PROGRESS) {
      const { id, device } = params as { id: number; device: CaptureProgress };
      this.#pending.get(id)?.progress?.(device);
    } else {
      this.emit('event', { ...params, event: method } as DaemonEvent);
    }
  }

  #closed(code: number): void {
    this.#isTurnedAway = code === TOO_MANY_CLIENTS;
    for (const call of this.#pending.values()) {
      clearTimeout(call.timer);
      call.reject(this.#gone());
    }
    this.#pending.clear();
    this.emit('close');
  }

  #gone(): CamrecError {
    return this.#isTurnedAway ? daemonFull() : daemonGone();
  }
}

/** What is told whom the daemon turns away, since too many others ask it. */
export function daemonFull(): CamrecError {
  return new CamrecError('CONNECTION_FAILED', 'Too many commands ask the daemon at once.', {
    hint: 'Try again when some of them have ended.',
  });
}

function daemonGone(): CamrecError {
  return new CamrecError('CONNECTION_FAILED', 'The daemon went away before it answered.', {
    hint: 'camrec serve starts it again and finishes what was being recorded.',
  });
}

/** The error that the daemon threw, as far as it crossed the channel. */
function fromErrorObject({ code, message, data }: RpcErrorObject): CamrecError {
  const details = typeof data === 'object' && data !== null ? data : {};
  const named = 'code' in details ? ERROR_CODES.find((known) => known === details.code) : undefined;
  const hint = 'hint' in details && typeof details.hint === 'string' ? details.hint : undefined;
  const options = hint === undefined ? {} : { hint };
  if (named !== undefined) return new CamrecError(named, message, options);
  // The daemon checks what is asked of it as strictly as the command line does.
  if (code === RPC.invalidParams) return new CamrecError('USAGE', message, options);
  return new CamrecError('ADMIN_PROTOCOL', `The daemon refused (${code}): ${message}`, options);
}
