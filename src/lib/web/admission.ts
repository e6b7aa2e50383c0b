/**
 * Who may have what, of those who brought the token where there is one (the listener sees to that). What a camera
 * needs is everybody's; the monitor without a token answers this machine alone. Other sites' pages get nothing.
 */
import type { IncomingMessage } from 'node:http';
import { isCrossSite, isLocal, isNavigation } from './request-origin.js';
import type { Refusal } from './responses.js';

/** Who needs an address. */
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

/** Why a request is refused, or nothing. `isPage`: the address is a page, which anybody may link to. */
export function refusalOf(
  request: IncomingMessage,
  needsToken: boolean,
  audience: Audience,
  isPage = false,
): Refusal | undefined {
  const mayBeLinked = isPage && isNavigation(request);
  if (!mayBeLinked && isCrossSite(request)) return CROSS_SITE;
  const isOpen = needsToken || audience === 'camera';
  return isOpen || isLocal(request) ? undefined : LOCAL_ONLY;
}
