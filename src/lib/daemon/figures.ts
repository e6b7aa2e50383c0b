/**
 * What the daemon has recorded since it began, of all sessions together, those that run included. Nothing in it goes
 * back, whatever becomes of a session.
 */
import type { FinishedSession, SessionProgress } from '../recording/session-info.js';
import type { SessionRecorder } from '../recording/session-recorder.js';

const COUNTED = ['frames', 'bytes', 'lost', 'late', 'dropped', 'rejected'] as const;

/** `lost` are the numbers that were missing when a later one came, those included that came after all: `late`. */
export type SessionFigures = Record<(typeof COUNTED)[number], number>;

/** Why packets and messages were not recorded. */
export type OddityKind = 'rejected' | 'ignored' | 'unclaimed';

export class Figures {
  readonly #past: SessionFigures = {
    frames: 0,
    bytes: 0,
    lost: 0,
    late: 0,
    dropped: 0,
    rejected: 0,
  };
  readonly #live = new Set<SessionRecorder>();
  readonly #oddities = new Map<string, number>();
  readonly #ended = new Map<string, number>();

  /** Counts a session from its beginning. `onFinished` is called when it is finished. */
  track(session: SessionRecorder, onFinished: (session: FinishedSession) => void): void {
    this.#live.add(session);
    session.finished.then((finished) => {
      this.#live.delete(session);
      const { state, reason, counts } = finished.manifest;
      // At its end a session that failed counts as dropped what it had taken in and could not write.
      add(this.#past, { ...session.progress, dropped: counts.dropped });
      increase(this.#ended, `${state} ${reason}`, 1);
      onFinished(finished);
    });
  }

  oddity(kind: OddityKind, reason: string, count = 1): void {
    increase(this.#oddities, `${kind} ${reason}`, count);
  }

  get totals(): SessionFigures {
    const totals = { ...this.#past };
    for (const { progress } of this.#live) add(totals, progress);
    return totals;
  }

  /** Sessions that run or are being finished. */
  get liveSessions(): number {
    return this.#live.size;
  }

  /** Bytes that wait for the disk, of all sessions. */
  get queuedBytes(): number {
    let bytes = 0;
    for (const session of this.#live) bytes += session.queuedBytes;
    return bytes;
  }

  /** How much a power cut would cost now, in milliseconds: of the session that would lose most. */
  get unsyncedMs(): number {
    let most = 0;
    for (const { unsyncedMs } of this.#live) most = Math.max(most, unsyncedMs);
    return most;
  }

  /** Sessions that drop packets now because the disk is too slow. */
  get overloaded(): number {
    return [...this.#live].filter((session) => session.isOverloaded).length;
  }

  /** By kind and reason, one space between. */
  get oddities(): ReadonlyMap<string, number> {
    return this.#oddities;
  }

  /** Finished sessions by state and reason, one space between. */
  get ended(): ReadonlyMap<string, number> {
    return this.#ended;
  }
}

function add(totals: SessionFigures, progress: SessionProgress): void {
  for (const name of COUNTED) totals[name] += progress[name];
  // What comes late is taken from the session's `lost`, and a counter must not go down.
  totals.lost += progress.late;
}

function increase(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
