/**
 * Who may come in: the shared token (RFC 6750, or `?token=` for phones that can set nothing but an address), and the
 * `Origin` of browsers (RFC 6454), which pages of other sites carry.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { PeerLimit } from './limits.js';

export interface AccessRules {
  /** Absent: everybody may come in. */
  readonly token?: string | undefined;
  /** Origins beside this server's own, such as `https://lab.example`. */
  readonly allowedOrigins?: readonly string[] | undefined;
}

export type AccessDecision =
  | {
      readonly ok: true;
      /** For the answer to a browser that brought the token in its address, so that what its page loads gets in. */
      readonly setCookie?: string | undefined;
    }
  | {
      readonly ok: false;
      readonly status: 401 | 403;
      readonly limit: PeerLimit;
      /** Says nothing of what was presented. */
      readonly detail: string;
    };

const COOKIE = 'camrec_access';

/** Browsers send cookies of one port to all ports of a host: each daemon there has its own. */
function cookieName(request: IncomingMessage): string {
  const standard = isEncrypted(request) ? '443' : '80';
  return `${COOKIE}_${/:(\d+)$/.exec(request.headers.host ?? '')?.[1] ?? standard}`;
}

/** Decides on one request. Never throws; the token appears in nothing it returns but the cookie, and there hashed. */
export function checkAccess(request: IncomingMessage, rules: AccessRules): AccessDecision {
  if (!originIsOurs(request, rules.allowedOrigins ?? [])) {
    const detail = 'the Origin of a page of another site';
    return { ok: false, status: 403, limit: 'foreign-origin', detail };
  }
  const { token } = rules;
  if (token === undefined) return { ok: true };
  const { bearer, inUrl, cookie } = presented(request);
  if (bearer !== undefined && same(bearer, token)) return { ok: true };
  const pass = cookieValue(token);
  if (inUrl !== undefined && same(inUrl, token)) {
    const secure = isEncrypted(request) ? '; Secure' : '';
    const setCookie = `${cookieName(request)}=${pass}; Path=/; HttpOnly; SameSite=Strict${secure}`;
    return { ok: true, setCookie };
  }
  if (cookie !== undefined && same(cookie, pass)) return { ok: true };
  const none = bearer === undefined && inUrl === undefined && cookie === undefined;
  const detail = none ? 'no token' : 'a wrong token';
  return { ok: false, status: 401, limit: 'unauthorized', detail };
}

function presented(request: IncomingMessage) {
  const { headers, url } = request;
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const query = url?.indexOf('?') ?? -1;
  const inUrl =
    query === -1 ? undefined : new URLSearchParams(url?.slice(query + 1)).get('token') || undefined;
  const name = cookieName(request);
  const cookie = new RegExp(`(?:^|;\\s*)${name}=([^;\\s]+)`).exec(headers.cookie ?? '')?.[1];
  return { bearer, inUrl, cookie };
}

/** Compares digests: neither length nor contents show in the time it takes. */
function same(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function cookieValue(token: string): string {
  return createHmac('sha256', token).update(COOKIE).digest('base64url');
}

/**
 * A page may connect to the server it came from. Its name has to be one that no stranger can point here: an address,
 * this machine's own name, or any at all under TLS, where the certificate vouches for it.
 */
function originIsOurs(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  if (page.protocol !== 'http:' && page.protocol !== 'https:') return false;
  if (
    page.host === '' ||
    page.host !== host?.toLowerCase().replace(/:(80|443)$/, standardPort(page))
  )
    return false;
  return isEncrypted(request) || cannotBeRebound(page.hostname);
}

/** URL leaves the standard port of its own scheme out, a Host header may spell it. */
function standardPort(page: URL): (match: string, port: string) => string {
  const standard = page.protocol === 'https:' ? '443' : '80';
  return (match, port) => (port === standard ? '' : match);
}

function cannotBeRebound(name: string): boolean {
  const own = hostname().toLowerCase();
  const address = name.replace(/^\[|\]$/g, '');
  return isIP(address) !== 0 || ['localhost', own, `${own}.local`].includes(name);
}

function isEncrypted(request: IncomingMessage): boolean {
  return 'encrypted' in request.socket && request.socket.encrypted === true;
}
