/**
 * What the admin channel needs of the daemon. The daemon implements it; nothing in it knows of sockets or JSON-RPC.
 */
import type {
  CaptureProgress,
  DaemonEvent,
  DaemonInfo,
  DaemonPages,
  DaemonStatus,
  LiveSessionsResult,
  StartCaptureParams,
  StartCaptureResult,
  StopCaptureParams,
  StopCaptureResult,
} from './protocol.js';

export interface DaemonApi {
  /** Who this is; known from the start and answered at once. */
  readonly info: DaemonInfo;

  /** Where browsers find the pages. */
  readonly pages: DaemonPages;

  status(): Promise<DaemonStatus>;

  /**
   * Tells the phones to begin and resolves when each has begun, failed, or not answered within `timeoutMs`.
   * A phone that records already is not told and not waited for. `progress` is called for each phone with
   * `starting`, then with how it ended; the result is complete whether or not anyone listens.
   * Rejects with NO_CAMERA where no phone is connected, UNKNOWN_DEVICE, AMBIGUOUS_DEVICE (base/device-selector.ts).
   */
  startCapture(
    params: StartCaptureParams,
    progress: (device: CaptureProgress) => void,
  ): Promise<StartCaptureResult>;

  /**
   * Tells the phones to end and resolves when their sessions are finished, or after `timeoutMs` with those that are
   * not as `recording`. With `captureId`: all sessions of that capture, those included that ended by themselves.
   * Resolves with none where phones are connected and none records. Rejects with NO_CAMERA where no phone is
   * connected and nothing is being finished, UNKNOWN_DEVICE, AMBIGUOUS_DEVICE.
   */
  stopCapture(params: StopCaptureParams): Promise<StopCaptureResult>;

  liveSessions(): Promise<LiveSessionsResult>;

  /** Calls `listener` at each event until the returned function is called. The listener returns at once and never throws. */
  onEvent(listener: (event: DaemonEvent) => void): () => void;
}
