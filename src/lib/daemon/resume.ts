/**
 * Sessions of named cameras whose connection is gone: each waits for its camera to come back under its name, for a
 * while, and is finished when it does not.
 */
import type { Clock, Timer } from '../base/clock.js';
import type { EndReason } from '../recording/session-info.js';
import type { SessionRecorder } from '../recording/session-recorder.js';

/** How long a session waits, unless the operator says otherwise. */
export const DEFAULT_RESUME_WINDOW_MS = 10_000;

/** A device whose connection is gone and that still has its session. */
export interface Resumable {
  readonly session: SessionRecorder | undefined;
  tick(syncMs: number): void;
  endSession(reason: EndReason): void;
  handOver(): SessionRecorder | undefined;
  settled(): Promise<void>;
}

/** A session that its camera may go on with. */
export interface WaitingSession {
  readonly session: SessionRecorder;
  /** Milliseconds since the last byte came of the connection that was lost. */
  readonly awayMs: number;
}

interface Entry {
  readonly device: Resumable;
  /** When the last byte came of it. */
  readonly heardMs: number;
  readonly timer: Timer;
  /** Why the session ends when the camera does not come back. */
  readonly reason: EndReason;
}

export class ResumeWindow {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #waiting = new Map<string, Entry>();
  readonly #ending = new Set<Promise<void>>();
  #isClosed = false;

  /** `windowMs` 0: no session waits. */
  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  /**
   * Lets the session of a device, from which nothing has come for `silentForMs`, wait for a camera of this name. False:
   * it does not wait.
   */
  hold(name: string, device: Resumable, reason: EndReason, silentForMs: number): boolean {
    if (this.#isClosed || this.#windowMs === 0 || device.session === undefined) return false;
    this.#end(name);
    const timer = this.#clock.after(this.#windowMs, () => this.#end(name));
    const heardMs = this.#clock.monotonic() - silentForMs;
    this.#waiting.set(name, { device, heardMs, timer, reason });
    return true;
  }

  /** The session that waits for a camera of this name, if one does. */
  waitingFor(name: string): SessionRecorder | undefined {
    return this.#waiting.get(name)?.device.session;
  }

  /** Takes the session that waits for a camera of this name. */
  take(name: string): WaitingSession | undefined {
    const entry = this.#waiting.get(name);
    if (entry === undefined) return undefined;
    this.#waiting.delete(name);
    entry.timer.cancel();
    const session = entry.device.handOver();
    if (session === undefined) return undefined;
    return { session, awayMs: this.#clock.monotonic() - entry.heardMs };
  }

  tick(syncMs: number): void {
    for (const { device } of this.#waiting.values()) device.tick(syncMs);
  }

  /** Ends the session that waits for a camera of this name, if one does: nobody is to go on with it. */
  giveUp(name: string): void {
    this.#end(name);
  }

  /** Ends every session that waits, for this reason or for the one that its connection was lost for. */
  endAll(reason?: EndReason): void {
    for (const name of [...this.#waiting.keys()]) this.#end(name, reason);
  }

  /** Ends every session that waits, and lets none wait any more. Resolves when all are finished. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.endAll();
    await Promise.all(this.#ending);
  }

  #end(name: string, reason?: EndReason): void {
    const entry = this.#waiting.get(name);
    if (entry === undefined) return;
    this.#waiting.delete(name);
    entry.timer.cancel();
    entry.device.endSession(reason ?? entry.reason);
    const ending = entry.device.settled().then(() => {
      this.#ending.delete(ending);
    });
    this.#ending.add(ending);
  }
}
