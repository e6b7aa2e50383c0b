/**
 * Counts what one capture sends, as the server will see it.
 */
import { createHash } from 'node:crypto';
import type { EncoderMessage, EncoderStep } from './encoder.js';
import type { CaptureReport, Initiator } from './report.js';

export class CaptureTally {
  readonly #hash = createHash('sha256');
  /** Pictures taken so far, dropped ones included. */
  taken = 0;
  #packets = 0;
  #configPackets = 0;
  #frames = 0;
  #bytes = 0;
  #dropped = 0;
  #repeated = 0;
  #corrupted = 0;
  #wrongLength = 0;
  #garbage = 0;
  #afterStop = 0;
  #missing = 0;
  /** Numbers used up since the last well-formed packet: missing only once another one follows. */
  #unseen = 0;
  #firstSequence: number | null = null;
  #lastSequence: number | null = null;
  #firstTimestampMs: number | null = null;
  #lastTimestampMs: number | null = null;

  /** A step has been taken; its messages are counted one by one as they are sent. */
  step(step: EncoderStep): void {
    this.taken += step.pictures;
    if (!step.dropped) return;
    this.#dropped += 1;
    this.#unseen += 1;
  }

  sent(message: EncoderMessage): void {
    if (message.kind === 'garbage') {
      this.#garbage += 1;
    } else if (message.kind === 'wrong-length') {
      this.#wrongLength += 1;
      this.#unseen += 1;
    } else {
      this.#wellFormed(message);
    }
  }

  /** A picture went out where it belongs to no capture. */
  sentAfterStop(): void {
    this.#afterStop += 1;
  }

  report(
    about: Pick<CaptureReport, 'capture' | 'sample'> & {
      startedBy: Initiator;
      stoppedBy: Initiator;
    },
  ): CaptureReport {
    return {
      ...about,
      packets: this.#packets,
      configPackets: this.#configPackets,
      frames: this.#frames,
      bytes: this.#bytes,
      sha256: this.#hash.copy().digest('hex'),
      firstSequence: this.#firstSequence,
      lastSequence: this.#lastSequence,
      missing: this.#missing,
      dropped: this.#dropped,
      repeated: this.#repeated,
      corrupted: this.#corrupted,
      wrongLength: this.#wrongLength,
      garbage: this.#garbage,
      afterStop: this.#afterStop,
      firstTimestampMs: this.#firstTimestampMs,
      lastTimestampMs: this.#lastTimestampMs,
      durationMs: (this.#lastTimestampMs ?? 0) - (this.#firstTimestampMs ?? 0),
    };
  }

  #wellFormed(message: EncoderMessage): void {
    this.#packets += 1;
    this.#bytes += message.payload.length;
    this.#hash.update(message.payload);
    this.#firstSequence ??= message.sequence;
    this.#lastSequence = message.sequence;
    this.#missing += this.#unseen;
    this.#unseen = 0;
    if (message.kind === 'config') this.#configPackets += 1;
    else if (message.kind === 'repetition') this.#repeated += 1;
    else if (message.kind === 'picture') this.#picture(message);
  }

  #picture({ timestampMs, corrupted }: EncoderMessage): void {
    this.#frames += 1;
    if (corrupted) this.#corrupted += 1;
    this.#firstTimestampMs ??= timestampMs;
    this.#lastTimestampMs = timestampMs;
  }
}
