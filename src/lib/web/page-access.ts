/**
 * The token, as browsers bring it: once in the address or typed in, afterwards as a cookie that scripts cannot read
 * and that no other site can send.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** How long a browser stays known. */
const COOKIE_SECONDS = 180 * 24 * 3600;

export interface PageAccessOptions {
  /** The token that is asked for; nothing where none is. */
  readonly token: string | undefined;
  /** This server speaks TLS. */
  readonly secure: boolean;
}

export class PageAccess {
  readonly #options: PageAccessOptions;

  constructor(options: PageAccessOptions) {
    this.#options = options;
  }

  /** Whether a token is asked for at all. */
  get isRequired(): boolean {
    return this.#options.token !== undefined;
  }

  get secure(): boolean {
    return this.#options.secure;
  }

  /** Whether this is the token. Takes the same time whatever is given. */
  isToken(given: string): boolean {
    const { token } = this.#options;
    if (token === undefined) return false;
    return timingSafeEqual(digest(given, 'token'), digest(token, 'token'));
  }

  /** Whether a request brings the token: `Authorization: Bearer`, `?token=` or the cookie. */
  admits(request: IncomingMessage): boolean {
    if (!this.isRequired) return true;
    const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return this.isToken(bearer);
    const typed = tokenInUrl(request.url ?? '/');
    if (typed !== undefined) return this.isToken(typed);
    return this.admitsCookie(request);
  }

  /** Whether a request brings the cookie. Worth nothing unless the request is also known not to be cross-site. */
  admitsCookie(request: IncomingMessage): boolean {
    const { token } = this.#options;
    if (token === undefined) return false;
    const given = cookies(request).get(cookieName(request)) ?? '';
    return timingSafeEqual(digest(given, 'cookie'), digest(cookieValue(token), 'cookie'));
  }

  /** The `Set-Cookie` header for a browser that has brought the token. */
  cookie(request: IncomingMessage): string {
    const value = cookieValue(this.#options.token ?? '');
    const secure = this.#options.secure ? '; Secure' : '';
    return `${cookieName(request)}=${value}; Path=/; Max-Age=${COOKIE_SECONDS}; HttpOnly; SameSite=Strict${secure}`;
  }
}

/** The `token` of a URL's query, if it has one. */
export function tokenInUrl(url: string): string | undefined {
  const query = url.indexOf('?');
  if (query === -1) return undefined;
  return new URLSearchParams(url.slice(query + 1)).get('token') ?? undefined;
}

/** Browsers do not tell ports apart where cookies are concerned: two daemons on one machine need two names. */
function cookieName({ socket }: IncomingMessage): string {
  return `camrec_${socket.localPort ?? 0}`;
}

/** Gives the cookie away, not the token; valid as long as the token is. */
function cookieValue(token: string): string {
  return digest(token, 'camrec page cookie, version 1').toString('base64url');
}

function digest(text: string, key: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function cookies({ headers }: IncomingMessage): Map<string, string> {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [name.trim(), value.join('=').trim()] as const;
  });
  return new Map(pairs);
}
