/**
 * What the result of a control command means for its exit code (docs/cli.md).
 */
import { EXIT, type ExitCode } from '../base/errors.js';
import { goesOn, type SessionSummary } from '../base/session-summary.js';
import type { CaptureOutcome } from './capture.js';
import type { StopCaptureResult } from './protocol.js';

/** A session that is as it should be: finished, with an MP4. */
function isDone({ state }: SessionSummary): boolean {
  return state === 'complete' || state === 'recovered';
}

/** After `capture stop`: 5 where a session failed, before it or now, or was not finished in time. */
export function stopExitCode({ sessions, endedBefore = [] }: StopCaptureResult): ExitCode {
  return [...sessions, ...endedBefore].every(isDone) ? EXIT.done : EXIT.partial;
}

/**
 * After `capture start`: 5 where a phone failed or did not answer. With a duration the recording is the command's
 * own, so it is also 5 where a phone was recording already, or ended before it was told to: by itself, by another
 * `capture stop`, or with the daemon.
 */
export function captureExitCode({ devices, sessions, endedEarly }: CaptureOutcome): ExitCode {
  const failed = devices.some(({ state }) => state === 'failed' || state === 'timeout');
  if (failed) return EXIT.partial;
  if (sessions === undefined) return EXIT.done;
  if (endedEarly !== undefined && endedEarly.length > 0) return EXIT.partial;
  // A phone may have several: where a file would have become too large it went on in the next.
  const last = sessions.filter((session) => !goesOn(session));
  const whole = last.every((session) => isDone(session) && session.reason === 'stopped');
  return whole && last.length >= devices.length ? EXIT.done : EXIT.partial;
}
