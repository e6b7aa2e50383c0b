/**
 * Flushes all that record, each once per round, and the round spread over turns: with hundreds of cameras no turn of
 * the event loop starts all their writes.
 */
import type { Clock, Timer } from '../base/clock.js';
import { TICK_EVERY_MS } from '../recording/session-sync.js';

/** How often what is queued goes to the operating system: with the time of a write it stays below the 250 ms that a crash may cost. */
export const FLUSH_EVERY_MS = TICK_EVERY_MS;

/** Turns of a round. */
export const FLUSH_TURNS = 5;

const TURN_MS = FLUSH_EVERY_MS / FLUSH_TURNS;

/** Something with bytes to hand to the operating system. */
export interface Flushable {
  /** Called once per round. `syncMs`: how long bytes may stay unsynced. */
  tick(syncMs: number): void;
}

/**
 * Who joins gets the next number and with it a turn, so that those who came one after the other are spread evenly; the
 * first has turn 0.
 */
export class FlushTurns {
  readonly #clock: Clock;
  readonly #syncMs: number;
  readonly #numbers = new Map<Flushable, number>();
  #joined = 0;
  #turn = 0;
  /** Monotonic time of the next turn, in milliseconds. */
  #dueMs = 0;
  #timer: Timer | undefined;

  /** `syncMs`: longest time that recorded bytes stay unsynced. */
  constructor(clock: Clock, syncMs: number) {
    this.#clock = clock;
    this.#syncMs = syncMs;
  }

  join(member: Flushable): void {
    this.#numbers.set(member, this.#joined);
    this.#joined += 1;
  }

  leave(member: Flushable): void {
    this.#numbers.delete(member);
  }

  start(): void {
    this.#dueMs = this.#clock.monotonic() + TURN_MS;
    this.#await();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #await(): void {
    const inMs = Math.max(0, this.#dueMs - this.#clock.monotonic());
    this.#timer = this.#clock.after(inMs, () => {
      this.#takeTurns();
      this.#await();
    });
  }

  /**
   * Turns that have become due as well, because the event loop was held up, are taken together: nobody waits five delays
   * for its turn. More than a round is not made up for.
   */
  #takeTurns(): void {
    const lateMs = Math.max(0, this.#clock.monotonic() - this.#dueMs);
    const due = 1 + Math.floor(lateMs / TURN_MS);
    this.#dueMs += due * TURN_MS;
    for (let taken = 0; taken < Math.min(due, FLUSH_TURNS); taken += 1) {
      this.#flush(this.#turn);
      this.#turn = (this.#turn + 1) % FLUSH_TURNS;
    }
  }

  #flush(turn: number): void {
    for (const [member, number] of this.#numbers) {
      if (number % FLUSH_TURNS === turn) member.tick(this.#syncMs);
    }
  }
}
