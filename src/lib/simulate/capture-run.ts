/**
 * One capture while it runs: takes steps from the encoder when they are due and sends them.
 */
import type { Clock } from '../base/clock.js';
import type { Behaviour } from './behaviour.js';
import { CaptureTally } from './capture-tally.js';
import type { EncoderMessage, SimulatedEncoder } from './encoder.js';
import type { Schedule } from './schedule.js';

/** Most steps that one phone sends in one go before the others have their turn. */
const MAX_STEPS_AT_ONCE = 64;

export interface CaptureRunOptions {
  readonly encoder: SimulatedEncoder;
  readonly behaviour: Behaviour;
  readonly schedule: Schedule;
  readonly clock: Clock;
  /** False: it could not be sent. */
  readonly send: (data: Buffer | string) => boolean;
  /** Sends `capture_started`. */
  readonly announce: () => void;
  /** The number of pictures that was asked for has been taken. */
  readonly onFull: () => void;
}

export class CaptureRun {
  readonly tally = new CaptureTally();
  readonly #options: CaptureRunOptions;
  readonly #startedAt: number;
  #announced = false;
  #stopped = false;

  constructor(options: CaptureRunOptions) {
    this.#options = options;
    this.#startedAt = options.clock.monotonic();
  }

  begin(): void {
    this.#announceIfDue();
    this.#pump();
  }

  /** Ends it: pictures that have been taken, but were held up, still go out. */
  finish(): void {
    if (this.#stopped) return;
    const elapsed = this.#elapsedMs;
    while (this.#options.encoder.upcoming.takenMs <= elapsed && !this.#full) this.#advance();
    if (this.#options.behaviour.emptyAtStop) this.#send(this.#options.encoder.endOfStream());
    if (!this.#announced) this.#announce();
    this.abandon();
  }

  /** Ends it where nothing can be sent any more. */
  abandon(): void {
    this.#stopped = true;
    this.#options.schedule.cancel(this);
  }

  /** The pictures after the end, which belong to no capture. */
  afterStop(count: number): EncoderMessage[] {
    const messages: EncoderMessage[] = [];
    while (messages.length < count) {
      const { messages: next } = this.#options.encoder.next();
      messages.push(...next.filter(({ kind }) => kind === 'picture').slice(0, 1));
    }
    return messages;
  }

  /** Milliseconds on the capture's own scale. */
  get #elapsedMs(): number {
    const { behaviour, clock } = this.#options;
    return (clock.monotonic() - this.#startedAt) * behaviour.speed;
  }

  get #full(): boolean {
    const { maxFrames } = this.#options.behaviour;
    return maxFrames !== undefined && this.tally.taken >= maxFrames;
  }

  #pump(): void {
    const { behaviour, encoder, onFull, schedule } = this.#options;
    const elapsed = this.#elapsedMs;
    for (
      let steps = 0;
      steps < MAX_STEPS_AT_ONCE && encoder.upcoming.sendMs <= elapsed;
      steps += 1
    ) {
      this.#advance();
      if (this.#stopped) return;
      if (this.#full) {
        onFull();
        return;
      }
    }
    schedule.at(this, this.#startedAt + encoder.upcoming.sendMs / behaviour.speed, () =>
      this.#pump(),
    );
  }

  #advance(): void {
    const step = this.#options.encoder.next();
    this.tally.step(step);
    for (const message of step.messages) this.#send(message);
    this.#announceIfDue();
  }

  #send(message: EncoderMessage): void {
    if (this.#stopped) return;
    if (this.#options.send(message.data)) this.tally.sent(message);
    else this.abandon();
  }

  /** `capture_started` comes from another thread than the frames: before all of them, or after some. */
  #announceIfDue(): void {
    if (this.#announced) return;
    const { behaviour, encoder } = this.#options;
    const { earlyFrames } = behaviour;
    const due =
      earlyFrames === undefined ||
      (encoder.upcoming.pictures > 0 && this.tally.taken >= earlyFrames);
    if (due) this.#announce();
  }

  #announce(): void {
    this.#announced = true;
    this.#options.announce();
  }
}
