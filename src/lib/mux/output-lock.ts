/**
 * Several parts take their places by as many renames. For other runs with the same output these are one step, so that
 * nobody finds parts of two runs side by side.
 */
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HeldLock, type Judge, tryLock } from '../base/lock-file.js';

/** Renames take milliseconds. Whoever takes longer is stuck or on another machine that is off; each part is whole anyway. */
const MAX_WAIT_MS = 5_000;
const RETRY_MS = 25;

const judge: Judge = (life, silentMs) => life !== 'dead' && silentMs < MAX_WAIT_MS;

/** Does the work while no other process or run does its own for this output. */
export async function withOutputLock(output: string, work: () => Promise<void>): Promise<void> {
  const lock = await lockOutput(join(dirname(output), `.${basename(output)}.camrec.lock`));
  try {
    await work();
  } finally {
    await lock?.release();
  }
}

async function lockOutput(path: string): Promise<HeldLock | undefined> {
  const until = performance.now() + MAX_WAIT_MS;
  do {
    // A file system without links has no locks.
    const tried = await tryLock(path, judge).catch(() => undefined);
    if (tried === undefined) return undefined;
    if (tried.kind === 'held') return tried.lock;
    await sleep(RETRY_MS);
  } while (performance.now() < until);
  return undefined;
}
