/**
 * The end of a daemon, as far as recordings are concerned: the cameras are asked to end their captures, every session is
 * finished, the cameras are disconnected, and what one has begun until then is finished as well. Nothing waits longer
 * than it may.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { settleWithin } from '../recording/settle.js';
import type { ConnectedDevices } from './connected-devices.js';
import type { ResumeWindow } from './resume.js';

/** How long the cameras are given to end their captures. */
const CAMERAS_WAIT_MS = 2_000;

/** How long finishing the sessions may take, unless the operator says otherwise. */
const DEFAULT_SHUTDOWN_MS = 30_000;

export interface FinishSessionsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly devices: ConnectedDevices;
  readonly resumeWindow: ResumeWindow;
  /** The recovery of earlier sessions, which has been told to end. */
  readonly recoveryEnded: Promise<void>;
  /** How long all of it may take, in milliseconds. */
  readonly shutdownMs: number | undefined;
  /** Ends the connections of all cameras. */
  readonly disconnect: () => Promise<void>;
  /** Sessions that run or are being finished. */
  readonly liveSessions: () => number;
}

/**
 * Ends and finishes every session, and disconnects. Resolves with the number of those that were not finished in time,
 * which the next start recovers. Never rejects.
 */
export async function finishSessions(options: FinishSessionsOptions): Promise<number> {
  const { clock, devices, resumeWindow, recoveryEnded, disconnect, liveSessions } = options;
  const { shutdownMs = DEFAULT_SHUTDOWN_MS } = options;
  const { recording } = devices;
  const sessions = recording.map((device) => device.session?.finished);
  for (const device of recording) device.stop();
  const deadlineMs = clock.monotonic() + shutdownMs;
  const waiting = resumeWindow.close();
  await settleWithin(clock, Math.min(CAMERAS_WAIT_MS, shutdownMs), Promise.all(sessions));
  for (const device of devices) device.endSession('shutdown');
  const byDeadline = (work: Promise<unknown>) =>
    settleWithin(clock, Math.max(0, deadlineMs - clock.monotonic()), work);
  await byDeadline(Promise.all([devices.settled(), waiting, recoveryEnded]));
  await disconnect();
  await byDeadline(devices.settled());
  const unfinished = liveSessions();
  if (unfinished > 0) {
    const fields = { event: 'shutdown.deadline', unfinished, shutdownMs };
    const text = `${unfinished} sessions are not finished after ${shutdownMs} ms: the next start recovers them`;
    options.logger.error(fields, text);
  }
  return unfinished;
}
