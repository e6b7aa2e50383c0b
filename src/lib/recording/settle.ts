/**
 * Waits for something that must not hold up what comes after it.
 */
import type { Clock } from '../base/clock.js';

/** What the promise gives, or nothing when it fails or takes longer than `waitMs`. Never rejects. */
export async function settleWithin<T>(
  clock: Clock,
  waitMs: number,
  promise: Promise<T> | undefined,
): Promise<T | undefined> {
  if (promise === undefined) return undefined;
  return new Promise((resolve) => {
    const timer = clock.after(waitMs, () => resolve(undefined));
    promise.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      () => {
        timer.cancel();
        resolve(undefined);
      },
    );
  });
}
