/**
 * What a device of the kind `D` reports to the daemon.
 */
import type { CloseReason } from '../ingest/camera-connection.js';
import type { FinishedSession } from '../recording/session-info.js';
import type { SessionRecorder } from '../recording/session-recorder.js';
import type { OddityKind } from './figures.js';

export interface DeviceEvents<D> {
  /** The peer has said something that only cameras say. */
  identified(device: D): void;
  capabilities(device: D): void;
  disconnected(device: D, reason: CloseReason, detail: string): void;
  failed(device: D, message: string): void;
  /** A capture has begun; its directory may not be there yet. */
  sessionStarted(device: D, session: SessionRecorder): void;
  /** The session's directory and manifest are there. */
  sessionOpened(device: D, session: SessionRecorder): void;
  sessionFinished(device: D, session: FinishedSession): void;
  /** Something came that is not recorded. */
  oddity(kind: OddityKind, reason: string, count: number): void;
  /** The device goes on with the session of an earlier connection. */
  sessionResumed(device: D, session: SessionRecorder, awayMs: number): void;
}
