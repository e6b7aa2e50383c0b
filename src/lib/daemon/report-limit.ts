/**
 * How often one device is listened to when it tells of itself: each report is a line of the log and an event for everybody
 * who listens, and a broken or bad device sends them by the hundred in a second.
 */
import type { Clock } from '../base/clock.js';
import { RateLimit } from '../ingest/rate-limit.js';

/** Reports of one device that are told one by one, and how many more in a second: one every five seconds. */
export const MAX_REPORT_BURST = 20;
export const MAX_REPORTS_PER_SECOND = 0.2;

export type ReportKind = 'errors' | 'capabilities';

/** What is told by no event of its own is counted. */
export class ReportLimit {
  readonly #limit: RateLimit;
  readonly #onUntold: (kind: ReportKind) => void;

  constructor(clock: Clock, onUntold: (kind: ReportKind) => void) {
    this.#limit = new RateLimit(clock, MAX_REPORTS_PER_SECOND, MAX_REPORT_BURST);
    this.#onUntold = onUntold;
  }

  /** Whether a report is told; one that is not is counted here. */
  admit(kind: ReportKind): boolean {
    const isTold = this.#limit.admit();
    if (!isTold) this.#onUntold(kind);
    return isTold;
  }
}
