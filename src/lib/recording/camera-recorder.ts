/**
 * One camera connection as a state machine: what is held before a capture, the session that records it, and the
 * sessions that still finish while the next one runs.
 *
 * idle ──capture_started──▶ recording ──capture_stopped, disconnection──▶ idle
 *
 * Where no file may become larger, a capture goes on in another session, unless it is about to end.
 *
 * A camera that may come back leaves its session to the recorder of its next connection instead: `suspend`, `handOver`
 * on the one side, `resume` on the other.
 */

import { MAX_LEADING_GAP } from '../base/sequence-tracker.js';
import { beginsGroup } from './overload.js';
import {
  type OnUnclaimed,
  PRE_ROLL_BYTES,
  PRE_ROLL_PACKETS,
  PreRoll,
  type UnclaimedReason,
} from './pre-roll.js';
import type { ReceivedPacket } from './received-packet.js';
import type { EndReason, FinishedSession } from './session-info.js';
import type { SessionRecorder } from './session-recorder.js';

/**
 * Longest time that packets of what looks like the next capture wait for its `capture_started`. They are in no file: who
 * kills the process meanwhile loses them, so it is far shorter than for a camera that is not recorded.
 */
export const RESTART_MS = 2_000;

export interface CameraRecorderEvents {
  /** Opens the recorder of a new session: of a capture that starts, or of one that goes on in it `after` another. */
  openSession(after?: SessionRecorder): SessionRecorder;
  /** Whether the camera was told to end: whoever waits for that waits for the session that runs. */
  isStopping(): boolean;
  /** A session is complete, or has failed; its files are as they will stay. */
  finished(session: FinishedSession): void;
  /** Packets that no capture claimed. */
  unclaimed: OnUnclaimed;
  /** A packet came that carries on a capture that has ended. */
  leftover(): void;
}

export class CameraRecorder {
  readonly #events: CameraRecorderEvents;
  readonly #preRoll: PreRoll;
  #session: SessionRecorder | undefined;
  /** While recording: packets of what looks like the next capture, until its `capture_started` comes or does not. */
  #restart: ReceivedPacket[] | undefined;
  #restartBytes = 0;
  /** The session that was taken over has not had a packet of this connection. */
  #isTakenOver = false;
  /** A packet has come since the camera last said that its capture had begun. */
  #isHeard = false;
  readonly #finishing = new Set<Promise<void>>();

  constructor(events: CameraRecorderEvents) {
    this.#events = events;
    this.#preRoll = new PreRoll(events.unclaimed);
  }

  /** The one that runs; nothing while the camera is idle. */
  get session(): SessionRecorder | undefined {
    return this.#session;
  }

  /** Whether a session runs and nothing has come for it since its capture was said to have begun. */
  get awaitsFirstPacket(): boolean {
    if (this.#session === undefined) return false;
    // Leftovers of the capture before may come and are none of it.
    return !this.#isHeard || this.#session.lastSequence === undefined;
  }

  /** Bytes of payload that are held in memory for no session. */
  get heldBytes(): number {
    return this.#preRoll.bytes + this.#restartBytes;
  }

  /** Whether a packet of so many bytes can be held before a capture without giving up another. */
  canHold(bytes: number): boolean {
    return this.#preRoll.hasRoomFor(bytes);
  }

  packet(packet: ReceivedPacket): void {
    this.#isHeard = true;
    if (this.#session === undefined) {
      if (!this.#preRoll.hold(packet)) this.#events.leftover();
    } else if (this.#restart !== undefined) this.#holdRestart(packet, this.#restart, this.#session);
    else if (this.#isTakenOver) {
      this.#isTakenOver = false;
      this.#session.append(packet);
    } else if (this.#session.beginsAnew(packet)) {
      this.#restart = [];
      this.#holdRestart(packet, this.#restart, this.#session);
    } else if (
      mayBeginSession(packet) &&
      this.#session.isNearlyTooLarge &&
      !this.#events.isStopping()
    ) {
      const next = this.#events.openSession(this.#session);
      this.#end('file-limit');
      this.#session = next;
      next.append(packet);
    } else if (!this.#session.isEmpty || this.#preRoll.admit(packet)) this.#session.append(packet);
  }

  rejected(): void {
    this.#session?.countRejected();
  }

  /** The camera says that its capture has begun. `nowMs` is the arrival of that, on the clock of the packets' arrivals. */
  captureStarted(nowMs: number): SessionRecorder {
    const early = this.#restart;
    this.#clearRestart();
    if (this.#session !== undefined) this.#end('restarted');
    const session = this.#events.openSession();
    this.#session = session;
    this.#isTakenOver = false;
    this.#isHeard = false;
    for (const packet of early ?? this.#preRoll.claim(nowMs)) session.append(packet);
    return session;
  }

  /** The camera says that its capture has begun, and it is not recorded: one that still runs ends. */
  captureRefused(reason: UnclaimedReason): void {
    this.end('restarted');
    this.#preRoll.abandon(reason);
  }

  /** A capture that is not recorded has ended with this sequence number. */
  refusedEnded(lastSequence: number | undefined): void {
    this.#preRoll.captureEnded(lastSequence);
  }

  /** The camera says that its capture has begun, and it goes on with the session of its last connection. `nowMs` as above. */
  resume(session: SessionRecorder, nowMs: number): void {
    this.#session = session;
    const early = this.#preRoll.claim(nowMs);
    for (const packet of early) session.append(packet);
    this.#isTakenOver = early.length === 0;
    this.#isHeard = false;
  }

  /** The connection is gone, and the session waits for the camera to come back. */
  suspend(): void {
    this.#giveBackRestart();
    this.#preRoll.abandon();
  }

  /** Gives the session away to another recorder, which finishes it. */
  handOver(): SessionRecorder | undefined {
    const session = this.#session;
    this.#session = undefined;
    return session;
  }

  /** The camera says that its capture has ended. Returns false when none ran. */
  captureStopped(): boolean {
    if (this.#session === undefined) return false;
    this.#giveBackRestart();
    this.#end('stopped');
    return true;
  }

  /** Ends the session that runs, if one does, for a reason on this side. */
  end(reason: EndReason): void {
    if (this.#session === undefined) return;
    this.#giveBackRestart();
    this.#end(reason);
  }

  /** The connection is gone. */
  disconnected(reason: EndReason): void {
    this.end(reason);
    this.#preRoll.abandon();
  }

  /** Resolves when every session of this camera is finished. */
  async settled(): Promise<void> {
    await Promise.all(this.#finishing);
  }

  #end(reason: EndReason): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    this.#preRoll.captureEnded(session.lastSequence);
    const finishing = session.finish(reason).then((finished) => {
      this.#finishing.delete(finishing);
      this.#events.finished(finished);
    });
    this.#finishing.add(finishing);
  }

  /** Holds packets that look like a new capture; when no `capture_started` comes, they belong to the running one after all. */
  #holdRestart(packet: ReceivedPacket, held: ReceivedPacket[], session: SessionRecorder): void {
    held.push(packet);
    this.#restartBytes += packet.payload.length;
    const [first] = held;
    const waitedMs = first === undefined ? 0 : packet.arrivalMs - first.arrivalMs;
    const isFull = this.#restartBytes > PRE_ROLL_BYTES || held.length > PRE_ROLL_PACKETS;
    if (!isFull && waitedMs <= RESTART_MS) return;
    this.#clearRestart();
    for (const packet of held) session.append(packet);
  }

  /** The running session ends and no new one was announced: what was held for one belongs to it after all. */
  #giveBackRestart(): void {
    const held = this.#restart;
    this.#clearRestart();
    for (const packet of held ?? []) this.#session?.append(packet);
  }

  #clearRestart(): void {
    this.#restart = undefined;
    this.#restartBytes = 0;
  }
}

/** Whether a session may begin in mid-capture with this packet: by a smaller number it would say that others were lost. */
function mayBeginSession(packet: ReceivedPacket): boolean {
  return beginsGroup(packet) && packet.sequence > MAX_LEADING_GAP;
}
