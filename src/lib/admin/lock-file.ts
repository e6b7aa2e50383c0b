/**
 * A lock for work of a few milliseconds on files that several processes share.
 */
import { open, readFile, stat, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemErrorCode } from '../base/errors.js';

const RETRY_MS = 10;

/** Nobody holds the lock this long unless he is stopped, dead, or his process number belongs to another by now. */
const ABANDONED_MS = 5000;

/** Runs `work` while nobody else runs theirs under the same lock file. A lock whose holder died is broken. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  while (!(await tryLock(path))) {
    if (await isAbandoned(path)) await unlink(path).catch(() => undefined);
    else await sleep(RETRY_MS);
  }
  try {
    return await work();
  } finally {
    await unlink(path).catch(() => undefined);
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return false;
  if (Date.now() - stats.mtimeMs > ABANDONED_MS) return true;
  const holder = Number(await readFile(path, 'utf8').catch(() => ''));
  // Empty: its holder is just writing its number.
  return holder > 0 && !isRunning(holder);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}
