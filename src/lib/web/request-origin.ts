/**
 * Where a request comes from: this machine or another, one of our own pages or somebody else's.
 * Browsers say it; what says nothing of the kind is no browser.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** What proxies add: RFC 7239, RFC 9110 7.6.3, and custom. */
const PROXY_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'];

/**
 * Whether another site's page made the request, as far as Fetch Metadata tells. (The `Origin` of those that carry one
 * has been looked at before: ingest/access.ts.)
 */
export function isCrossSite({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Whether the request opens a page in a window of its own, as a link or the address bar does. */
export function isNavigation({ method, headers }: IncomingMessage): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}

/**
 * Whether the request was made on this machine and for this machine. The name it asks for counts as well: a foreign
 * page could have its own name lead here (DNS rebinding), and a proxy brings others' requests.
 */
export function isLocal({ socket, headers }: IncomingMessage): boolean {
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false;
  return isLoopbackAddress(socket.remoteAddress ?? '') && isLoopbackName(headers.host ?? '');
}

function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/** `host` is a Host header: a name or an address, and perhaps a port. */
function isLoopbackName(host: string): boolean {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(name);
}
