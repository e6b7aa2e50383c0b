/**
 * The HTTP side of the cameras' port: the listener with its limits, and the answers to those who get no further.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import { HANDSHAKE_TIMEOUT_MS, MAX_HEADER_BYTES, type PeerLimit } from './limits.js';

/** Certificate chain and private key, PEM. */
export interface TlsIdentity {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A listener with every limit set; not yet listening. */
export function createHttpServer(tls: TlsIdentity | undefined): Server {
  const options: ServerOptions = {
    headersTimeout: HANDSHAKE_TIMEOUT_MS,
    requestTimeout: HANDSHAKE_TIMEOUT_MS,
    connectionsCheckingInterval: HANDSHAKE_TIMEOUT_MS / 2,
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
  };
  if (tls === undefined) return createServer(options);
  const minVersion = 'TLSv1.2';
  return createSecureServer({
    ...options,
    ...tls,
    minVersion,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
}

/** Tells who comes by plain HTTP what this port is for. */
export function refuseRequest(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, {
    Connection: 'Upgrade, close',
    'Content-Type': 'text/plain',
    Upgrade: 'websocket',
  });
  response.end('This is camrec. Cameras connect here by WebSocket.\n');
}

/** Answers a request that no response object belongs to, and closes. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n${lines.join('')}\r\n`,
    () => socket.destroy(),
  );
}

/** A browser may ask its user for nothing useful, but a client learns what is missing (RFC 6750, 3). */
export function challenge({ status }: { readonly status: number }): Record<string, string> {
  return status === 401 ? { 'WWW-Authenticate': 'Bearer realm="camrec"' } : {};
}

/** Who sent a request. */
export function addressOf(request: IncomingMessage): string {
  return plainAddress(request.socket.remoteAddress ?? 'unknown');
}

/** IPv4 without its mapping into IPv6. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The type of a TLS record with which a client begins (RFC 8446, 5.1). */
const TLS_HANDSHAKE = 22;

/** What was wrong with what should have been a request: mostly an address that begins with the wrong scheme. */
export function faultOf(error: Error & { rawPacket?: Buffer; reason?: string }): string {
  const code = systemErrorCode(error) ?? '';
  if (code === 'ERR_SSL_HTTP_REQUEST')
    return 'spoke no TLS: it should connect to wss:// or https://';
  if (error.rawPacket?.[0] === TLS_HANDSHAKE) {
    return 'spoke TLS, which is off: it should connect to ws:// or http://';
  }
  // The message of these is a line of OpenSSL's own journal.
  return code.startsWith('ERR_SSL_') ? (error.reason ?? code) : error.message;
}

/** The limit that a faulty request has met, by error code. */
export const LIMIT_OF_HTTP_ERROR: Partial<Record<string, PeerLimit>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'handshake-timeout',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'handshake-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
};

/** The peer has gone away, reset or in the middle of a request (RFC 9112, 8): that is a network's doing, and no limit. */
export const GONE_HTTP_ERRORS: readonly string[] = ['ECONNRESET', 'HPE_INVALID_EOF_STATE'];

/** The answer to it. */
export const STATUS_OF_HTTP_ERROR: Partial<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** Why it cannot listen, and what to do. */
export function listenError(error: Error, host: string, port: number): CamrecError {
  const code = systemErrorCode(error);
  if (code === 'EADDRINUSE') {
    return new CamrecError('PORT_IN_USE', `The port ${port} of ${host} is in use already.`, {
      hint: 'Another camrec daemon, perhaps: see camrec status. Or choose another port with --port.',
      cause: error,
    });
  }
  const hint =
    code === 'EACCES'
      ? 'Ports below 1024 need privileges: choose another with --port.'
      : 'Choose an address of this machine with --host.';
  return new CamrecError(
    'CONNECTION_FAILED',
    `The daemon cannot listen on ${host}:${port}: ${errorMessage(error)}.`,
    { hint, cause: error },
  );
}
