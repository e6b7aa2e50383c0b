/**
 * Who may have what. Three kinds of addresses: what a camera needs (`camera`), what the monitor needs (`monitor`),
 * and nothing else. With a token both need it; without one the monitor answers this machine alone.
 */
import type { IncomingMessage } from 'node:http';
import type { PageAccess } from './page-access.js';
import { isCrossSite, isLocal, isNavigation } from './request-origin.js';
import type { Refusal } from './responses.js';

/** Whose address it is. */
export type Audience = 'camera' | 'monitor';

const CROSS_SITE: Refusal = {
  status: 403,
  code: 'CROSS_SITE',
  message: 'Requests from other sites are refused.',
};

const LOCAL_ONLY: Refusal = {
  status: 403,
  code: 'LOCAL_ONLY',
  message: 'Without a token the monitor answers only the machine that it runs on.',
  hint: 'Open it there as http://localhost, or start camrec serve with --token-file. Cameras need no token: /camera',
};

const TOKEN_NEEDED: Refusal = {
  status: 401,
  code: 'TOKEN_NEEDED',
  message: 'This server asks for its token.',
};

/** Why a request is refused, or nothing. `isPage`: the address is a page, which anybody may link to. */
export function refusalOf(
  request: IncomingMessage,
  access: PageAccess,
  audience: Audience,
  isPage = false,
): Refusal | undefined {
  const mayBeLinked = isPage && isNavigation(request);
  if (!mayBeLinked && isCrossSite(request, access.secure)) return CROSS_SITE;
  if (access.isRequired) return access.admits(request) ? undefined : TOKEN_NEEDED;
  return audience === 'camera' || isLocal(request) ? undefined : LOCAL_ONLY;
}
