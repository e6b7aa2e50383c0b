/**
 * What a phone is told to do, begin or end, and what it answers.
 */
import type { Clock } from '../base/clock.js';
import type { SessionOrder } from '../recording/session-info.js';
import { encodeStartCapture, encodeStopCapture } from '../wire/camera-commands.js';

/** How a device took the command to begin. */
export type StartOutcome =
  | { readonly state: 'started'; readonly sessionId: string; readonly message: string }
  | { readonly state: 'failed'; readonly message: string };

/** Follows the order that a capture has begun under, to whoever waits for what came of it. */
export type AnswerStart = (outcome: StartOutcome) => void;

/** A capture that the phone has begun. */
export interface BegunCapture {
  /** The one that the phone was told to begin under; none where it began by itself. */
  readonly order: SessionOrder | undefined;
  readonly answer: AnswerStart;
  /** The phone had been told to end before it had begun. */
  readonly isUnwanted: boolean;
}

/** How long after a start that was called off a capture is taken for that one, and not for one that its user began. */
const CALLED_OFF_MS = 10_000;

/**
 * A phone that was told to end and from which no packet comes for so long has ended, whether it says so or not: longer than
 * a network pauses.
 */
export const STOP_QUIET_MS = 5_000;

/**
 * A phone may have 16 MiB to send when it is told to end, half a minute of them on a slow network; one that still sends after
 * this goes on filming.
 */
export const STOP_WAIT_MS = 60_000;

/** How often a phone is told again to end that films on though its session has ended: it may have been unable to. */
export const STOP_AGAIN_MS = 10_000;

interface Start {
  readonly order: SessionOrder;
  readonly answer: AnswerStart;
}

interface Stop {
  /** Monotonic time. */
  readonly toldMs: number;
  /** The last time, where it was told again. */
  readonly toldAgainMs: number;
  /** The phone had not yet begun. */
  readonly callsOffStart: boolean;
}

export interface CaptureConversationOptions {
  readonly clock: Clock;
  /** Sends one message to the phone. */
  readonly send: (command: string) => void;
}

/**
 * One order at a time: a new one to begin answers whoever waits for the last. A phone may answer after nobody waits any
 * more, so an order stands until the phone has begun, has failed, or is told to end.
 */
export class CaptureConversation {
  readonly #options: CaptureConversationOptions;
  /** Told to begin and not yet answered. */
  #start: Start | undefined;
  /** Told to end and not yet answered. */
  #stop: Stop | undefined;
  /** Monotonic time of the last packet. */
  #heardMs = 0;

  constructor(options: CaptureConversationOptions) {
    this.#options = options;
  }

  /** The order to begin that the phone has not answered. */
  get order(): SessionOrder | undefined {
    return this.#start?.order;
  }

  /** Told to end, and it has not said that it has. */
  get isStopping(): boolean {
    return this.#stop !== undefined;
  }

  /** Told to end, and not obeyed in time: no answer is to be expected. */
  get isStopOverdue(): boolean {
    if (this.#stop === undefined) return false;
    const { toldMs } = this.#stop;
    const nowMs = this.#options.clock.monotonic();
    return (
      nowMs - toldMs >= STOP_WAIT_MS || nowMs - Math.max(toldMs, this.#heardMs) >= STOP_QUIET_MS
    );
  }

  /** A packet of video has come at this monotonic time. */
  packet(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  /** Tells the phone to begin; without a request it will begin by itself. Resolves with its answer, however late. */
  start(order: SessionOrder): Promise<StartOutcome> {
    this.startFailed('told to begin again');
    this.#stop = undefined;
    const answer = new Promise<StartOutcome>((resolve) => {
      this.#start = { order, answer: resolve };
    });
    if (order.request !== null) this.#options.send(encodeStartCapture(order.request));
    return answer;
  }

  /** Nothing comes of the order to begin. */
  startFailed(message: string): void {
    this.#start?.answer({ state: 'failed', message });
    this.#start = undefined;
  }

  /** Tells the phone to end, whether a capture of it is known to run or not. */
  stop(): void {
    const toldMs = this.#options.clock.monotonic();
    const callsOffStart = this.#start !== undefined;
    this.startFailed('told to end before it had begun');
    // Told once more, it has no longer to obey.
    if (callsOffStart || this.#stop === undefined)
      this.#stop = { toldMs, toldAgainMs: toldMs, callsOffStart };
    this.#options.send(encodeStopCapture());
  }

  /** A packet has come of a capture that is over on this side. Returns whether the phone was told again to end it. */
  packetAfterEnd(): boolean {
    const nowMs = this.#options.clock.monotonic();
    if (this.#stop === undefined || nowMs - this.#stop.toldAgainMs < STOP_AGAIN_MS) return false;
    this.#stop = { ...this.#stop, toldAgainMs: nowMs };
    this.#options.send(encodeStopCapture());
    return true;
  }

  /** The phone has begun a capture: every order so far is done with. */
  captureStarted(): BegunCapture {
    const start = this.#start;
    const stop = this.#stop;
    this.#start = undefined;
    this.#stop = undefined;
    const sinceMs = this.#options.clock.monotonic() - (stop?.toldMs ?? 0);
    const isUnwanted = stop?.callsOffStart === true && sinceMs <= CALLED_OFF_MS;
    return { order: start?.order, answer: start?.answer ?? (() => {}), isUnwanted };
  }

  /** The phone has ended its capture. False: nobody had told it to. */
  captureStopped(): boolean {
    const wasTold = this.#stop !== undefined;
    this.#stop = undefined;
    return wasTold;
  }
}
