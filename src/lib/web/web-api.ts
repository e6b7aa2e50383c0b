/**
 * What the pages and the daemon exchange over HTTP, as JSON. The contract is docs/monitor.md.
 */
import type { SessionSummary } from '../base/session-summary.js';

/** A session as the monitor shows it: addresses below this server instead of paths on its disk. */
export interface WebSession extends Omit<SessionSummary, 'dir' | 'files'> {
  readonly urls: {
    readonly mp4: readonly string[];
    readonly raw: string;
    readonly index: string;
    readonly thumbnail: string | null;
  };
}

/** `GET /api/sessions` and `POST /api/capture/stop`. */
export interface WebSessions {
  readonly sessions: readonly WebSession[];
}

/** `GET /api/clock`. */
export interface WebClock {
  /** Milliseconds since the epoch by the daemon's clock. */
  readonly nowMs: number;
}

/** The body of every answer that is no success. */
export interface WebError {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null };
}
