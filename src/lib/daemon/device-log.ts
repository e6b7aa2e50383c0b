/**
 * What the log says of one device: packets, what came and is not recorded, and a disk that is too slow for it.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { ReceivedPacket } from '../recording/received-packet.js';
import type { SessionRecorder } from '../recording/session-recorder.js';
import type { OddityKind } from './figures.js';
import { RepeatLog } from './repeat-log.js';
import type { ReportKind } from './report-limit.js';

export interface DeviceLogOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What the device is called now. */
  readonly name: () => string;
  /** Counts what came and is not recorded, of all devices. */
  readonly onOddity: (kind: OddityKind, reason: string, count: number) => void;
}

/** The log's words for each kind. */
const ODDITY_WORDS: Record<OddityKind, string> = {
  rejected: 'rejected packets',
  ignored: 'ignored messages',
  unclaimed: 'unclaimed packets',
};

/** Lines by the name that the device has when they are written; what repeats is said together. */
export class DeviceLog {
  readonly #options: DeviceLogOptions;
  readonly #oddities: RepeatLog;
  #hasToldFraming = false;
  /** The session of which packets are dropped. */
  #overloaded: SessionRecorder | undefined;

  constructor(options: DeviceLogOptions) {
    const { clock, logger, name } = options;
    this.#options = options;
    this.#oddities = new RepeatLog(clock, (kind, count, total) => {
      const fields = { event: 'device.oddity', device: name(), kind, count, total };
      logger.warn(fields, `${name()}: ${count} ${kind}, ${total} in all`);
    });
  }

  packet({ sequence, timestampMs, kind, payload, framing }: ReceivedPacket): void {
    const { logger, name } = this.#options;
    if (framing === 'length-prefixed' && !this.#hasToldFraming) this.#tellFraming();
    if (!logger.isLevelEnabled('trace')) return;
    const device = name();
    const bytes = payload.length;
    const fields = { event: 'device.packet', device, sequence, timestampMs, kind, bytes };
    logger.trace(fields, `${device}: ${kind} ${sequence}`);
  }

  /** Once: a camera that does it does it always. */
  #tellFraming(): void {
    const { logger, name } = this.#options;
    this.#hasToldFraming = true;
    const fields = { event: 'device.framing', device: name(), framing: 'length-prefixed' };
    const text = 'sends NAL units behind their lengths: stream.h264 has them so, and is no Annex B';
    logger.warn(fields, `${name()} ${text}`);
  }

  /** Something came that is not recorded. */
  oddity(kind: OddityKind, reason: string, count = 1): void {
    this.#oddities.add(`${ODDITY_WORDS[kind]} (${reason})`, count);
    this.#options.onOddity(kind, reason, count);
  }

  /** The device says once more that the capture has begun. */
  repeatedStart(): void {
    this.#oddities.add('capture_started once more');
  }

  /** The device has begun a capture, and it is not recorded. */
  refused(reason: string): void {
    this.#oddities.add(`captures not recorded (${reason})`);
  }

  /** The device films on after the end of its session, and was told again to stop. */
  stoppedAgain(): void {
    this.#oddities.add('stop_capture sent again');
  }

  /** The device tells of itself more often than is told one by one. */
  untold(kind: ReportKind): void {
    this.#oddities.add(`${kind} too often`);
  }

  /** The device says that a capture has ended, and none ran. */
  strayStop(): void {
    this.#oddities.add('capture_stopped without capture');
  }

  /** Told several times a second how the session fares: says when packets begin and cease to be dropped. */
  watchOverload(session: SessionRecorder | undefined): void {
    const now = session?.isOverloaded ? session : undefined;
    const before = this.#overloaded;
    if (now === before) return;
    this.#overloaded = now;
    if (before !== undefined) {
      const becameOf = before === session ? 'frames are recorded again' : 'the recording has ended';
      this.#overload('info', before, `${becameOf}, ${before.progress.dropped} were dropped`);
    }
    if (now !== undefined) this.#overload('warn', now, 'the disk is too slow, frames are dropped');
  }

  #overload(level: 'info' | 'warn', { progress }: SessionRecorder, text: string): void {
    const { logger, name } = this.#options;
    const { dropped } = progress;
    const isOverloaded = level === 'warn';
    const fields = { event: 'device.overload', device: name(), isOverloaded, dropped };
    logger[level](fields, `${name()}: ${text}`);
  }

  /** The device is gone: says what has been counted and not yet said. */
  flush(): void {
    this.#oddities.flush();
  }
}
