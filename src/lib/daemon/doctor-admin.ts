/**
 * Whether a daemon can open the socket of its admin channel, without which it does not start.
 */
import { access, constants } from 'node:fs/promises';
import { checkRuntimeDirectory, runtimeDirectory, socketPath } from '../admin/runtime-directory.js';
import { CamrecError, errorMessage } from '../base/errors.js';
import { type Finding, failed, ok } from './finding.js';
import { nearestThere } from './nearest-there.js';

/** Stands for the one that the system chooses: its digits count, since the path of a socket may not be long. */
const LONGEST_PORT = 65_535;

/** Looks and makes nothing. `port`: what phones would connect to. Never rejects. */
export async function checkAdmin(port: number, env: NodeJS.ProcessEnv): Promise<Finding> {
  const directory = runtimeDirectory(env);
  if (process.platform === 'win32') return ok('admin', 'commands reach the daemon by a named pipe');
  try {
    socketPath(port === 0 ? LONGEST_PORT : port, env);
    const isThere = await checkRuntimeDirectory(directory);
    const place = isThere ? directory : await nearestThere(directory);
    await access(`${place}/`, constants.W_OK | constants.X_OK);
    return isThere
      ? ok('admin', `commands reach the daemon by a socket in ${directory}`)
      : ok('admin', `${directory} is not there yet: serve will make it, below ${place}`);
  } catch (error) {
    if (error instanceof CamrecError) return failed('admin', error.message, error.hint ?? null);
    const detail = `no socket can be made in ${directory}: ${errorMessage(error)}`;
    return failed('admin', detail, 'Set CAMREC_RUNTIME_DIR to a directory of your own.');
  }
}
