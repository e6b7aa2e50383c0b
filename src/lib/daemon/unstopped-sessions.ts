/**
 * Sessions of captures that ended though nobody had stopped them, until somebody does and is told of them.
 */
import { goesOn, type SessionSummary } from '../base/session-summary.js';

/** Remembered at most: of a daemon whose captures nobody ever stops, the latest. */
const MAX_SESSIONS = 64;

export class UnstoppedSessions {
  #sessions: SessionSummary[] = [];

  /** A session has ended that nobody stopped. Those that phones begin by themselves they also end. */
  add(session: SessionSummary): void {
    if (session.captureId === null || goesOn(session)) return;
    this.#sessions = [...this.#sessions, session].slice(-MAX_SESSIONS);
  }

  /** Those that are meant, in the order in which they ended; they are told now, and not again. */
  take(isMeant: (session: SessionSummary) => boolean): SessionSummary[] {
    const taken = this.#sessions.filter(isMeant);
    this.#sessions = this.#sessions.filter((session) => !isMeant(session));
    return taken;
  }
}
