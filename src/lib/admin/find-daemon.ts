/**
 * How a command finds the daemon that it is meant for: by the port, else the only one that runs.
 */
import { readdir } from 'node:fs/promises';
import { CamrecError, errorMessage, systemErrorCode } from '../base/errors.js';
import type { AdminClient } from './client.js';
import { ADMIN_PROTOCOL_VERSION, type DaemonInfo } from './protocol.js';
import {
  checkRuntimeDirectory,
  portOfSocket,
  runtimeDirectory,
  socketPath,
} from './runtime-directory.js';
import { probeSocket, removeDeadSocket } from './socket-file.js';

/** Time for a daemon to answer. A local socket answers at once; a busy machine may need a moment. */
const CONNECT_TIMEOUT_MS = 5000;

export interface FindDaemonOptions {
  /** The port that phones connect to; left out: the only daemon that runs. */
  readonly port?: number | undefined;
  /** Where the runtime directory is read from; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Time for a daemon to answer, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

export interface FoundDaemon {
  readonly client: AdminClient;
  readonly info: DaemonInfo;
}

/** The ports that have a socket file, whether or not anybody is behind it. Throws where the directory is not safe. */
export async function listSockets(env: NodeJS.ProcessEnv = process.env): Promise<number[]> {
  const directory = runtimeDirectory(env);
  if (!(await checkRuntimeDirectory(directory))) return [];
  const names = await readdir(directory);
  return names.flatMap((name) => portOfSocket(name, env) ?? []).sort((a, b) => a - b);
}

/**
 * Connects to the daemon. Throws NO_DAEMON, SEVERAL_DAEMONS (with their ports), ADMIN_PROTOCOL where the daemon is of
 * another version, CONNECTION_FAILED where it hangs. The caller closes `client`.
 */
export async function findDaemon(options: FindDaemonOptions = {}): Promise<FoundDaemon> {
  const sockets = await listSockets(options.env);
  const wanted =
    options.port === undefined ? sockets : sockets.filter((port) => port === options.port);
  const found = await connectAll(wanted, options);
  const [only] = found;
  if (found.length > 1) {
    for (const { client } of found) client.close();
    throw severalDaemons(found.map(({ info }) => info));
  }
  if (only === undefined) {
    const others = sockets.filter((port) => port !== options.port);
    throw await noDaemon(options, await connectAll(others, options));
  }
  if (only.info.protocol !== ADMIN_PROTOCOL_VERSION) {
    only.client.close();
    throw new CamrecError(
      'ADMIN_PROTOCOL',
      `The daemon is camrec ${only.info.version} and speaks another version of the admin protocol.`,
      { hint: 'Stop it (Ctrl-C in its terminal) and start camrec serve again.' },
    );
  }
  return only;
}

/** As `findDaemon`, with nothing where no daemon runs: for commands that also work without one. */
export async function findDaemonIfAny(
  options: FindDaemonOptions = {},
): Promise<FoundDaemon | undefined> {
  try {
    return await findDaemon(options);
  } catch (error) {
    if (error instanceof CamrecError && error.code === 'NO_DAEMON') return undefined;
    throw error;
  }
}

/** Every daemon that answers. The caller closes each `client`. */
export async function findDaemons(
  options: Omit<FindDaemonOptions, 'port'> = {},
): Promise<FoundDaemon[]> {
  return await connectAll(await listSockets(options.env), options);
}

/** Those that answer. A hanging one matters only where nobody else answers: then it is thrown. */
async function connectAll(
  ports: readonly number[],
  options: FindDaemonOptions,
): Promise<FoundDaemon[]> {
  const tries = await Promise.allSettled(
    ports.map((port) => tryConnect(socketPath(port, options.env), options.timeoutMs)),
  );
  const found = tries.flatMap((one) => (one.status === 'fulfilled' ? (one.value ?? []) : []));
  const failure = tries.find((one) => one.status === 'rejected');
  if (found.length === 0 && failure !== undefined) throw failure.reason;
  return found;
}

/** Nothing where the socket is dead: its file is taken away. */
async function tryConnect(
  path: string,
  timeoutMs: number = CONNECT_TIMEOUT_MS,
): Promise<FoundDaemon | undefined> {
  // Loaded only where a socket lies: a command without a daemon starts faster.
  const { AdminClient } = await import('./client.js');
  let client: AdminClient;
  try {
    client = await AdminClient.connect(path, timeoutMs);
  } catch (error) {
    return await judgeRefusal(path, error);
  }
  try {
    return { client, info: await client.call('daemon.info', {}, { timeoutMs }) };
  } catch (error) {
    client.close();
    throw error;
  }
}

async function judgeRefusal(path: string, error: unknown): Promise<undefined> {
  const code = systemErrorCode(error);
  // Refused by the system, not by the lack of an answer: only then is the owner dead.
  if (code === 'ECONNREFUSED' || code === 'ENOTSOCK') {
    await removeDeadSocket(path);
    return undefined;
  }
  // It ended while we connected.
  if (code === 'ENOENT') return undefined;
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    // Or it lives, and hung up on one of too many.
    if ((await probeSocket(path)) !== 'alive') return undefined;
    const { daemonFull } = await import('./client.js');
    throw daemonFull();
  }
  throw new CamrecError(
    'CONNECTION_FAILED',
    `The daemon behind ${path} does not answer: ${errorMessage(error)}`,
    {
      hint: 'If it hangs, end its process; the next camrec serve recovers its sessions.',
      cause: error,
    },
  );
}

function severalDaemons(infos: readonly DaemonInfo[]): CamrecError {
  const list = infos.map(({ port, pid, dir }) => `--port ${port} (pid ${pid}, ${dir})`).join(', ');
  return new CamrecError('SEVERAL_DAEMONS', `${infos.length} daemons are running.`, {
    hint: `Say which one: ${list}.`,
  });
}

async function noDaemon(
  options: FindDaemonOptions,
  others: readonly FoundDaemon[],
): Promise<CamrecError> {
  for (const { client } of others) client.close();
  if (options.port === undefined) {
    return new CamrecError('NO_DAEMON', 'No daemon is running.', {
      hint: 'Start one in another terminal: camrec serve',
    });
  }
  const ports = others.map(({ info }) => `--port ${info.port}`).join(', ');
  return new CamrecError('NO_DAEMON', `No daemon is running on port ${options.port}.`, {
    hint:
      others.length === 0
        ? `Start one in another terminal: camrec serve --port ${options.port}`
        : `Running: ${ports}.`,
  });
}
