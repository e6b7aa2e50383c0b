/**
 * Where the sockets of the daemons lie: a directory that nobody but this user can enter.
 */
import { lstat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureDirectory } from '../base/ensure-directory.js';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import { shellWord } from '../base/shell-word.js';

/** Longest path of a Unix socket, in bytes: `sun_path` of Linux is 108 with its end mark, of macOS 104. */
const MAX_SOCKET_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

const WINDOWS_PIPES = '\\\\.\\pipe\\';

/** The user's number; where there is none (Windows) the user's name. */
function userTag(env: NodeJS.ProcessEnv): string {
  const uid = process.getuid?.();
  if (uid !== undefined) return String(uid);
  return (env['USERNAME'] ?? 'user').replace(/[^A-Za-z0-9_-]/g, '_');
}

/** The directory of the sockets; on Windows the place of all named pipes. */
export function runtimeDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (process.platform === 'win32') return WINDOWS_PIPES;
  if (env['CAMREC_RUNTIME_DIR']) return resolve(env['CAMREC_RUNTIME_DIR']);
  if (env['XDG_RUNTIME_DIR']) return join(resolve(env['XDG_RUNTIME_DIR']), 'camrec');
  return join(tmpdir(), `camrec-${userTag(env)}`);
}

function filePrefix(env: NodeJS.ProcessEnv): string {
  return process.platform === 'win32' ? `camrec-${userTag(env)}-` : 'camrec-';
}

/** The socket of the daemon that phones reach at `port`. Throws DIRECTORY_UNUSABLE where its path is too long. */
export function socketPath(port: number, env: NodeJS.ProcessEnv = process.env): string {
  const directory = runtimeDirectory(env);
  if (process.platform === 'win32') return `${directory}${filePrefix(env)}${port}`;
  const path = join(directory, `${filePrefix(env)}${port}.sock`);
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw new CamrecError(
      'DIRECTORY_UNUSABLE',
      `The path of the admin socket has ${bytes} bytes, and the system takes ${MAX_SOCKET_PATH_BYTES}: ${path}`,
      {
        hint: 'Set CAMREC_RUNTIME_DIR to a directory with a shorter path, the same for every command.',
      },
    );
  }
  return path;
}

/** The port in the name of a socket file, or nothing where it is another file. */
export function portOfSocket(
  fileName: string,
  env: NodeJS.ProcessEnv = process.env,
): number | undefined {
  const prefix = filePrefix(env);
  const suffix = process.platform === 'win32' ? '' : '.sock';
  if (!fileName.startsWith(prefix) || !fileName.endsWith(suffix)) return undefined;
  const digits = fileName.slice(prefix.length, fileName.length - suffix.length);
  return /^\d{1,5}$/.test(digits) ? Number(digits) : undefined;
}

/** Creates the directory with 0700 where it is missing, and checks it. */
export async function makeRuntimeDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    await ensureDirectory(directory);
  } catch (error) {
    // Something that is no directory stands there: the check says so.
    if (systemErrorCode(error) !== 'EEXIST') {
      throw new CamrecError(
        'DIRECTORY_UNUSABLE',
        `The directory for the admin socket cannot be made: ${errorMessage(error)}`,
        { hint: 'Set CAMREC_RUNTIME_DIR to a directory of your own.', cause: error },
      );
    }
  }
  await checkRuntimeDirectory(directory);
}

/**
 * Whether the directory is there. Throws DIRECTORY_UNUSABLE where somebody else could have put sockets into it:
 * in a temporary directory that all users share, another could have made it first.
 */
export async function checkRuntimeDirectory(directory: string): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const stats = await lstat(directory).catch((error: unknown) => {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw refusal(directory, 'cannot be looked at', undefined, error);
  });
  if (stats === undefined) return false;
  if (!stats.isDirectory()) throw refusal(directory, 'is not a directory');
  if (stats.uid !== process.getuid?.()) {
    throw refusal(directory, `belongs to another user (number ${stats.uid})`);
  }
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8);
    throw refusal(
      directory,
      `is open to other users (mode ${mode})`,
      `Run: chmod 700 ${shellWord(directory)}`,
    );
  }
  return true;
}

function refusal(directory: string, what: string, hint?: string, cause?: unknown): CamrecError {
  return new CamrecError(
    'DIRECTORY_UNUSABLE',
    `The directory of the admin socket ${what}: ${directory}`,
    { hint: hint ?? 'Set CAMREC_RUNTIME_DIR to a directory of your own.', cause },
  );
}
