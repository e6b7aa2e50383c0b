/**
 * What becomes of that which devices report: events for whoever listens, figures, lines in the log, and the account of
 * captures.
 */
import { resolve } from 'node:path';
import type { Logger } from '../base/logger.js';
import type { CloseReason } from '../ingest/camera-connection.js';
import type { FinishedSession } from '../recording/session-info.js';
import type { SessionRecorder } from '../recording/session-recorder.js';
import { summarize } from '../storage/catalogue.js';
import type { Captures } from './captures.js';
import type { ConnectedDevices } from './connected-devices.js';
import type { Device } from './device.js';
import type { DeviceEvents } from './device-events.js';
import type { EventFeed } from './event-feed.js';
import type { Figures, OddityKind } from './figures.js';

export interface DeviceReportsOptions {
  readonly logger: Logger;
  /** The recordings directory, absolute. */
  readonly directory: string;
  readonly feed: EventFeed;
  readonly figures: Figures;
  readonly captures: Captures;
  readonly devices: ConnectedDevices;
  /** A session is finished, and the figures have it. */
  readonly onFinished: (session: FinishedSession) => void;
}

/** Keeps nothing: each report goes where it belongs at once. */
export class DeviceReports implements DeviceEvents<Device> {
  readonly #options: DeviceReportsOptions;

  constructor(options: DeviceReportsOptions) {
    this.#options = options;
  }

  identified(device: Device): void {
    this.#options.feed.emit({ event: 'device.connected', device: device.deviceStatus });
  }

  capabilities(device: Device): void {
    this.#options.feed.emit({ event: 'device.capabilities', device: device.deviceStatus });
  }

  disconnected(device: Device, reason: CloseReason, detail: string): void {
    const { devices, feed } = this.#options;
    devices.left(device);
    if (!device.isCamera) return;
    feed.emit({
      event: 'device.disconnected',
      device: device.deviceStatus,
      reason: reason === 'closed' ? detail : `${reason}: ${detail}`,
    });
  }

  failed(device: Device, message: string): void {
    this.#options.feed.emit({ event: 'device.error', device: device.deviceStatus, message });
  }

  sessionStarted(device: Device, session: SessionRecorder): void {
    const { captures, figures, onFinished } = this.#options;
    captures.started(device, session);
    figures.track(session, onFinished);
  }

  sessionOpened(_device: Device, session: SessionRecorder): void {
    const { directory, feed } = this.#options;
    const summary = summarize(resolve(directory, session.id ?? ''), session.manifest);
    feed.emit({ event: 'session.opened', session: summary });
  }

  sessionFinished(_device: Device, { directory, manifest }: FinishedSession): void {
    this.#options.feed.emit({
      event: 'session.finished',
      session: summarize(directory, manifest),
    });
  }

  oddity(kind: OddityKind, reason: string, count: number): void {
    this.#options.figures.oddity(kind, reason, count);
  }

  sessionResumed(device: Device, session: SessionRecorder, awayForMs: number): void {
    const { captures, logger } = this.#options;
    captures.moved(session, device);
    const { name } = device;
    const awayMs = Math.round(awayForMs);
    const fields = { event: 'session.resumed', device: name, session: session.id, awayMs };
    const text = `${name} is back after ${awayMs} ms and goes on with ${session.id}`;
    logger.info(fields, text);
  }
}
