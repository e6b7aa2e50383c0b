/**
 * What the operator says about who may come in: the file with the token, and further origins.
 */
import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { shellWord } from '../base/shell-word.js';
import type { AccessRules } from '../ingest/access.js';

/** A shorter one could be guessed over the network. */
const MIN_TOKEN_CHARS = 16;

/** What a URL and a header hold as they are (RFC 6750, 2.1, and RFC 3986, 2.3). */
const TOKEN = /^[A-Za-z0-9._~-]+$/;

const MAX_TOKEN_FILE_BYTES = 4096;

const READABLE_BY_OTHERS = 0o044;

export interface AccessSettings {
  readonly tokenFile: string | undefined;
  /** Like `https://lab.example`. */
  readonly allowedOrigins: readonly string[];
}

/** Reads the token. Throws FILE_NOT_FOUND, INPUT_INVALID, USAGE; none of them tells the token. */
export async function loadAccess(settings: AccessSettings, logger: Logger): Promise<AccessRules> {
  const allowedOrigins = settings.allowedOrigins.map(checkedOrigin);
  const { tokenFile } = settings;
  if (tokenFile === undefined) return { allowedOrigins };
  return { allowedOrigins, token: await readToken(tokenFile, logger) };
}

async function readToken(path: string, logger: Logger): Promise<string> {
  const token = (await readTokenFile(path, logger)).trim();
  if (token.length >= MIN_TOKEN_CHARS && TOKEN.test(token)) return token;
  throw new CamrecError(
    'INPUT_INVALID',
    `${path} has to hold one token of at least ${MIN_TOKEN_CHARS} letters, digits, dots, dashes, underscores or tildes.`,
    { hint: MAKE_ONE(path) },
  );
}

async function readTokenFile(path: string, logger: Logger): Promise<string> {
  try {
    const { mode, size } = await stat(path);
    if (size > MAX_TOKEN_FILE_BYTES) throw new Error('it is too large for a token');
    if (process.platform !== 'win32' && (mode & READABLE_BY_OTHERS) !== 0) {
      const hint = `others on this machine can read ${path}; close it with: chmod 600 ${shellWord(path)}`;
      logger.warn({ event: 'token.readable', path }, hint);
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Only where there is nothing does the hint make a token: it would replace what is there. */
function unreadable(path: string, cause: unknown): CamrecError {
  switch (systemErrorCode(cause)) {
    case 'ENOENT': {
      const message = `There is no token at ${path}.`;
      return new CamrecError('FILE_NOT_FOUND', message, { hint: MAKE_ONE(path), cause });
    }
    case 'EACCES':
    case 'EPERM': {
      const user = process.geteuid?.() ?? 'USER';
      const hint = `It has to belong to the user that the daemon runs as: chown ${user} ${shellWord(path)}`;
      const message = `The token file ${path} cannot be read (permission denied).`;
      return new CamrecError('INPUT_INVALID', message, { hint, cause });
    }
    default: {
      const message = `The token cannot be read from ${path}: ${errorMessage(cause)}.`;
      return new CamrecError('INPUT_INVALID', message, {
        hint: 'Name the file that holds the token, and nothing else.',
        cause,
      });
    }
  }
}

const MAKE_ONE = (path: string) =>
  `Make one with: (umask 077; openssl rand -hex 24 > ${shellWord(path)})`;

function checkedOrigin(origin: string): string {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return origin;
  throw new CamrecError('USAGE', `"${origin}" is not an origin.`, {
    hint: 'Write it like https://lab.example, without a path.',
  });
}

/** Whether only this machine can reach an address that is listened on. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** Says in one line who may send video here, where that is everybody. */
export function warnIfOpen(logger: Logger, host: string, access: AccessRules | undefined): void {
  if (access?.token !== undefined || isLoopback(host)) return;
  logger.warn(
    { event: 'open-access', host },
    'whoever reaches this port can send video: --token-file keeps others out',
  );
}
