/**
 * A lock for work of a few milliseconds on files that several processes share.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type HeldLock, type Judge, tryLock } from '../base/lock-file.js';

const RETRY_MS = 10;

/** Nobody holds the lock this long unless he is stopped, or cannot be asked and is dead. */
const ABANDONED_MS = 5000;

const judge: Judge = (life, silentMs) => life !== 'dead' && silentMs <= ABANDONED_MS;

/** Runs `work` while nobody else runs theirs under the same lock file. A lock whose holder died is broken. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = await waitForLock(path);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function waitForLock(path: string): Promise<HeldLock> {
  for (;;) {
    const attempt = await tryLock(path, judge);
    if (attempt.kind === 'held') return attempt.lock;
    await sleep(RETRY_MS);
  }
}
