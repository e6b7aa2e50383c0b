/**
 * Watches that one peer lives, says what it is, and finishes what it begins to say.
 */
import type { Clock, Timer } from '../base/clock.js';
import {
  IDENTIFY_TIMEOUT_MS,
  MESSAGE_TIMEOUT_MS,
  type PeerLimit,
  PING_EVERY_MS,
} from './limits.js';
import type { UnfinishedBytes, UnfinishedShare } from './unfinished-bytes.js';

/** Pings that a silent peer has left unanswered: while this process is suspended it asks nobody and hears nobody. */
const MIN_UNANSWERED_PINGS = 2;

export interface PeerWatchOptions {
  readonly clock: Clock;
  /** Silence after which the peer counts as gone, milliseconds. */
  readonly silenceMs: number;
  readonly unfinished: UnfinishedBytes;
  readonly ping: () => void;
  /** The peer has met a limit: it is to be cut off. */
  readonly onLimit: (limit: PeerLimit, detail: string) => void;
}

export class PeerWatch {
  readonly #options: PeerWatchOptions;
  readonly #share: UnfinishedShare;
  readonly #heartbeat: Timer;
  readonly #identify: Timer;
  #heardAtMs: number;
  /** Pings that were sent since the last byte came. */
  #unansweredPings = 0;
  /** When the message that is unfinished now began. */
  #begunAtMs: number;
  /** A message became whole within the bytes that are being taken in. */
  #finishedNow = false;
  /** Bytes of pings and pongs within the bytes that are being taken in. */
  #controlBytes = 0;
  /** Whole messages that a camera does not send. */
  #foreignMessages = 0;

  constructor(options: PeerWatchOptions) {
    const { clock, silenceMs, unfinished, onLimit } = options;
    this.#options = options;
    this.#heardAtMs = clock.monotonic();
    this.#begunAtMs = this.#heardAtMs;
    this.#share = unfinished.open(() => {
      onLimit('memory', `held ${this.#share.bytes} bytes of an unfinished message`);
    });
    this.#heartbeat = clock.every(Math.min(PING_EVERY_MS, silenceMs / 3), () => this.#beat());
    this.#identify = clock.after(IDENTIFY_TIMEOUT_MS, () => this.#stranger());
  }

  /** Milliseconds since the last byte came. */
  get silentForMs(): number {
    return this.#options.clock.monotonic() - this.#heardAtMs;
  }

  /** Bytes have come, after the messages in them were handled. Any byte is a sign of life: a pong can wait behind a large frame. */
  received(bytes: number): void {
    this.#heardAtMs = this.#options.clock.monotonic();
    this.#unansweredPings = 0;
    // Below zero where the beginning of a ping came before and was counted.
    const unfinished = Math.max(bytes - this.#controlBytes, -this.#share.bytes);
    this.#controlBytes = 0;
    if (this.#finishedNow) this.#finishedNow = false;
    else {
      if (this.#share.bytes === 0) this.#begunAtMs = this.#heardAtMs;
      this.#share.grow(unfinished);
    }
  }

  /** A ping or a pong of so many bytes, frame header included, is among the bytes that are being taken in. */
  control(bytes: number): void {
    this.#controlBytes += bytes;
  }

  /** A message is whole. */
  message(): void {
    this.#finishedNow = true;
    this.#share.finished();
  }

  /** A whole message came that a camera does not send. */
  foreignMessage(): void {
    this.#foreignMessages += 1;
  }

  /** The peer has said something that only cameras say. */
  identified(): void {
    this.#identify.cancel();
  }

  close(): void {
    this.#heartbeat.cancel();
    this.#identify.cancel();
    this.#share.close();
  }

  /** Whoever looks for the fault has to know which it is: an app that keeps silent, or one that speaks something else. */
  #stranger(): void {
    const count = this.#foreignMessages;
    const said = count === 0 ? 'nothing' : `nothing that a camera says, in ${count} messages`;
    this.#options.onLimit('unidentified', `said ${said}, within ${IDENTIFY_TIMEOUT_MS / 1000} s`);
  }

  #beat(): void {
    const { silenceMs, onLimit, ping, clock } = this.#options;
    const silentMs = this.silentForMs;
    if (silentMs > silenceMs && this.#unansweredPings >= MIN_UNANSWERED_PINGS) {
      onLimit('silent', `nothing came for ${Math.round(silentMs / 100) / 10} s`);
      return;
    }
    if (this.#share.bytes > 0 && clock.monotonic() - this.#begunAtMs > MESSAGE_TIMEOUT_MS) {
      onLimit('message-timeout', `a message took over ${MESSAGE_TIMEOUT_MS / 1000} s`);
      return;
    }
    this.#unansweredPings += 1;
    ping();
  }
}
