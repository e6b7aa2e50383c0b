/**
 * A phone's WebSocket (RFC 6455), with the habits of the library that the app uses: it answers pings by itself,
 * sends none, and gives up when too much waits to be sent.
 */
import { type ClientOptions, WebSocket } from 'ws';
import { cutText } from '../base/cut-text.js';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import type { ConnectionEnd } from './report.js';

/** Most bytes that wait to be sent; beyond them the connection is closed with 1001. */
export const MAX_QUEUED_BYTES = 16 * 1024 * 1024;

/** How long opening may take, milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** How long the server may take to answer a close, milliseconds: the queue has to drain first. */
const CLOSE_TIMEOUT_MS = 10_000;

/** Longest close reason or error that is kept, characters. */
const MAX_DETAIL_CHARS = 200;

const CODE_NORMAL = 1000;
const CODE_GOING_AWAY = 1001;
const CODE_ABNORMAL = 1006;

export interface ClosedConnection {
  readonly end: ConnectionEnd;
  readonly code: number | null;
  readonly detail: string;
}

export interface PhoneSocketOptions {
  readonly url: URL;
  /** Accepts any certificate. */
  readonly insecure: boolean;
  readonly onText: (text: string) => void;
  /** Called once, after the connection was open. */
  readonly onClosed: (closed: ClosedConnection) => void;
}

export class PhoneSocket {
  readonly #socket: WebSocket;
  readonly #options: PhoneSocketOptions;
  /** How this side has decided to end it. */
  #ending: ConnectionEnd | undefined;
  #error: Error | undefined;
  /** Messages that are not yet with the operating system. */
  #unsent = 0;

  constructor(options: PhoneSocketOptions) {
    this.#options = options;
    // closeTimeout is younger than the type declarations of ws.
    const socketOptions: ClientOptions & { readonly closeTimeout: number } = {
      perMessageDeflate: false,
      rejectUnauthorized: !options.insecure,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      closeTimeout: CLOSE_TIMEOUT_MS,
    };
    this.#socket = new WebSocket(options.url, socketOptions);
  }

  /** Resolves when the connection is open. Rejects with CONNECTION_FAILED. */
  async open(): Promise<void> {
    const socket = this.#socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.on('error', (error) => {
        this.#error = error;
        reject(connectionFailed(this.#options.url, error));
      });
      socket.on('message', (data, isBinary) => {
        if (!isBinary) this.#options.onText(data.toString());
      });
      socket.once('open', () => socket.once('close', (...args) => this.#closed(...args)));
    });
  }

  /** Whether messages can still be sent. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN && this.#ending === undefined;
  }

  /** Sends a message. False: it was not sent, since the connection is ending or, with this message, its queue overflows. */
  send(data: Buffer | string): boolean {
    if (!this.isOpen) return false;
    if (this.#socket.bufferedAmount + data.length > MAX_QUEUED_BYTES) {
      this.#end('queue-overflow', () => this.#socket.close(CODE_GOING_AWAY));
      return false;
    }
    this.#unsent += 1;
    this.#socket.send(data, () => this.#sentOne());
    return true;
  }

  /** Leaves in good order, after everything that waits has been sent. `open`, where it is not done, rejects. */
  close(): void {
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#socket.terminate();
    this.#end('finished', () => this.#socket.close(CODE_NORMAL));
  }

  /** Cuts the connection without a goodbye, as soon as what was sent so far is on its way. */
  cut(): void {
    this.#end('cut', () => {
      if (this.#unsent === 0) this.#socket.terminate();
    });
  }

  #end(end: ConnectionEnd, act: () => void): void {
    if (!this.isOpen) return;
    this.#ending = end;
    act();
  }

  #sentOne(): void {
    this.#unsent -= 1;
    if (this.#ending === 'cut' && this.#unsent === 0) this.#socket.terminate();
  }

  #closed(code: number, reason: Buffer): void {
    const detail = cutText(reason.toString() || this.#error?.message || '', MAX_DETAIL_CHARS);
    const theirs = code === CODE_ABNORMAL ? 'lost' : 'closed-by-server';
    this.#options.onClosed({ end: this.#ending ?? theirs, code, detail });
  }
}

/** Without query and user: either may carry a secret. */
export function publicUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function connectionFailed(url: URL, error: Error): CamrecError {
  const { what, hint } = explain(url, error);
  const message = `Cannot connect to ${publicUrl(url)}: ${what}.`;
  return new CamrecError('CONNECTION_FAILED', message, { hint, cause: error });
}

function explain(url: URL, error: Error): { what: string; hint: string } {
  const port = url.port || (url.protocol === 'wss:' ? '443' : '80');
  const serve = `Start the daemon there first: camrec serve --port ${port}`;
  const code = systemErrorCode(error);
  if (code === 'ECONNREFUSED') return { what: `nothing listens on port ${port}`, hint: serve };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      what: `no host is called ${url.hostname}`,
      hint: 'Check the name, or use an address.',
    };
  }
  const status = /Unexpected server response: (\d+)/.exec(error.message)?.[1];
  if (status === '401' || status === '403') {
    const hint = "Give the daemon's token in the address: --url 'ws://…?token=…'";
    return { what: `the server turned it away (HTTP ${status})`, hint };
  }
  if (status === '503') {
    const hint =
      'Let others leave first: camrec serve --max-cameras says how many may be connected.';
    return { what: `the server takes no further camera (HTTP ${status})`, hint };
  }
  if (status !== undefined) {
    return { what: `the server is no camera server (HTTP ${status})`, hint: 'Check the address.' };
  }
  if (/certificate|self.signed/i.test(error.message)) {
    const hint = 'Use --insecure to accept any certificate, or set NODE_EXTRA_CA_CERTS.';
    return { what: `its certificate is not trusted (${error.message})`, hint };
  }
  if (code === 'EPROTO' && url.protocol === 'wss:') {
    const hint = 'Use ws:// if the daemon there runs without --tls.';
    return { what: `what listens on port ${port} does not speak TLS`, hint };
  }
  if (code === 'ECONNRESET' && url.protocol === 'ws:') {
    const hint = 'Use wss:// if the daemon there runs with --tls.';
    return { what: `what listens on port ${port} hung up without an answer`, hint };
  }
  if (code?.startsWith('HPE_')) {
    return { what: `what listens on port ${port} does not speak HTTP`, hint: 'Check the port.' };
  }
  return {
    what: code ?? errorMessage(error),
    hint: 'Check the address and that a daemon runs there.',
  };
}
