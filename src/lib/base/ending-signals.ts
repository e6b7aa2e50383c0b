/**
 * Signals that ask a process to end: politely at first, and at once when somebody insists.
 */

/** All of them. */
export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A terminal signals every process in it, and what runs others (timeout, npm) passes on what it got: so soon again, one
 * key press has come twice. Milliseconds.
 */
const ECHO_MS = 20;

/**
 * Calls `onFirst` at the first signal and `onSecond` at each one that follows later than its echo. Returns a function
 * that lets signals do again what they do. `now`: milliseconds of a clock that never goes back.
 */
export function onEndingSignals(
  onFirst: () => void,
  onSecond: () => void,
  now: () => number = () => performance.now(),
): () => void {
  let firstAt: number | undefined;
  const handle = () => {
    if (firstAt === undefined) {
      firstAt = now();
      onFirst();
    } else if (now() - firstAt > ECHO_MS) onSecond();
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, handle);
  return () => {
    for (const signal of ENDING_SIGNALS) process.off(signal, handle);
  };
}
