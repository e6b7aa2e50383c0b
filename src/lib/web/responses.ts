/**
 * Answers, and the headers that every answer carries: nothing from anywhere else, nothing in frames, no guessing of
 * types, no addresses (with their tokens) told to other sites.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebError } from './web-api.js';

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "media-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const SECURITY_HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(self), screen-wake-lock=(self), microphone=(), geolocation=()',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const;

/** Sets what every answer carries. */
export function setSecurityHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  // Browsers complain of it where it would be worth nothing.
  const isEncrypted = response.socket !== null && 'encrypted' in response.socket;
  if (isEncrypted) response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
}

/** Whether who asks has this version already (RFC 9110, 13.1.2). */
export function isKnown({ headers }: IncomingMessage, etag: string): boolean {
  const known = headers['if-none-match'];
  if (known === undefined) return false;
  return known.split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim()));
}

/** An answer that is no success. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Answers with one JSON document, never to be cached. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(JSON.stringify(body));
}

/** Answers with `{"error":{"code","message","hint"}}`; a 401 says how to come in (RFC 9110, 11.6.1). */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  const { status, code, message, hint = null } = refusal;
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="camrec"');
  sendJson(response, status, { error: { code, message, hint } } satisfies WebError);
}

export const NOT_FOUND: Refusal = {
  status: 404,
  code: 'NOT_FOUND',
  message: 'There is nothing at this address.',
};
