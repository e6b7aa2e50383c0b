/**
 * What a phone is told to do, begin or end, and what it answers.
 */
import {
  type CaptureRequest,
  encodeStartCapture,
  encodeStopCapture,
} from '../wire/camera-commands.js';

/** How a device took the command to begin. */
export type StartOutcome =
  | { readonly state: 'started'; readonly sessionId: string; readonly message: string }
  | { readonly state: 'failed'; readonly message: string };

/** One order at a time: a new one to begin answers whoever waits for the last. */
export class CaptureConversation {
  readonly #send: (command: string) => void;
  /** Told to begin and not yet answered. */
  #starting: ((outcome: StartOutcome) => void) | undefined;
  #isStopping = false;

  /** `send` sends one message to the phone. */
  constructor(send: (command: string) => void) {
    this.#send = send;
  }

  /** Told to begin, and somebody waits for the answer. */
  get isStarting(): boolean {
    return this.#starting !== undefined;
  }

  /** Told to end a capture that runs. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Tells the phone to begin; without a request it will begin by itself. Resolves with its answer, however late. */
  start(request: CaptureRequest | null): Promise<StartOutcome> {
    this.answerStart({ state: 'failed', message: 'told to begin again' });
    const answer = new Promise<StartOutcome>((resolve) => {
      this.#starting = resolve;
    });
    if (request !== null) this.#send(encodeStartCapture(request));
    return answer;
  }

  /** What became of the command to begin, for whoever waits for it. */
  answerStart(outcome: StartOutcome): void {
    this.#starting?.(outcome);
    this.#starting = undefined;
  }

  /** Nobody waits for the answer to `start` any more. */
  forgetStart(): void {
    this.#starting = undefined;
  }

  /** Tells the phone to end, whether a capture of it is known to run or not. */
  stop(isRecording: boolean): void {
    if (isRecording) this.#isStopping = true;
    this.#send(encodeStopCapture());
  }

  /** The phone has begun or ended a capture: an earlier command to end is done with. */
  stopSettled(): void {
    this.#isStopping = false;
  }
}
