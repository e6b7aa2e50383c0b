/**
 * The camera's clock, as it stamps pictures: milliseconds since the phone was started, at an uneven rate.
 * What the stamps say and when a picture is sent are two things: faults bend the stamp, not the sending.
 */
import type { Behaviour } from './behaviour.js';
import type { Random } from './random.js';

/** A phone has been on for between one day and a month. */
const MIN_UPTIME_MS = 86_400_000;
const MAX_UPTIME_MS = 30 * MIN_UPTIME_MS;

/** Captures of one phone lie this far apart on its clock, however soon they really follow: times follow from the seed. */
const BETWEEN_CAPTURES_MS = 3_600_000;

/** Most by which a backward time falls behind the one before it. */
const MAX_BACKWARD_MS = 250;

/** A moment on both scales. */
export interface Stamp {
  /** Since the first picture of the capture, as the sensor really ticks, milliseconds. */
  readonly elapsedMs: number;
  /** What goes into the packet, whole milliseconds. */
  readonly timestampMs: number;
}

/** Device time at which a phone's capture begins, milliseconds. Captures count from 1. */
export function captureStartMs(phone: Random, capture: number): number {
  return phone.whole(MIN_UPTIME_MS, MAX_UPTIME_MS) + (capture - 1) * BETWEEN_CAPTURES_MS;
}

export interface DeviceClockOptions {
  /** Device time of the first picture, milliseconds. */
  readonly startMs: number;
  /** Pictures per second. */
  readonly fps: number;
  /** Interval before picture `n` (from 1), milliseconds, where the sample prescribes it. */
  readonly intervalMs?: ((picture: number) => number) | undefined;
  readonly behaviour: Pick<Behaviour, 'jitter' | 'faults'>;
  readonly random: Random;
}

export class DeviceClock {
  readonly #options: DeviceClockOptions;
  #pictures = 0;
  #elapsedMs = 0;
  #last = 0;

  constructor(options: DeviceClockOptions) {
    this.#options = options;
  }

  /** The stamp of the next picture. */
  tick(): Stamp {
    const { behaviour, random, startMs } = this.#options;
    const { faults } = behaviour;
    if (this.#pictures > 0) this.#elapsedMs += this.#interval();
    this.#pictures += 1;
    let timestampMs = startMs + Math.round(this.#elapsedMs);
    const jump = faults.clockJump;
    if (jump !== undefined && this.#elapsedMs >= jump.afterMs) timestampMs += jump.byMs;
    if (this.#pictures > 1) {
      if (random.chance(faults.duplicateTime)) timestampMs = this.#last;
      if (random.chance(faults.backwardTime)) {
        timestampMs = this.#last - random.whole(1, MAX_BACKWARD_MS);
      }
    }
    this.#last = Math.max(0, timestampMs);
    return { elapsedMs: this.#elapsedMs, timestampMs: this.#last };
  }

  #interval(): number {
    const { behaviour, fps, intervalMs, random } = this.#options;
    if (intervalMs !== undefined) return intervalMs(this.#pictures);
    return (1000 / fps) * (1 + behaviour.jitter * (2 * random.next() - 1));
  }
}
