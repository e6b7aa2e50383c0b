/**
 * The devices that are connected, and those that have left and whose sessions are still being finished.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { EndReason } from '../recording/session-info.js';
import type { Device } from './device.js';
import type { FlushTurns } from './flush-turns.js';
import { NameClaims } from './name-claims.js';

export interface ConnectedDevicesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where each has its turn while it is connected. */
  readonly flushTurns: FlushTurns;
}

/** To come is to claim a name and to get a turn at the flush; to leave is to lose both. */
export class ConnectedDevices implements Iterable<Device> {
  readonly #devices = new Set<Device>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #names: NameClaims;
  readonly #flushTurns: FlushTurns;

  constructor({ clock, logger, flushTurns }: ConnectedDevicesOptions) {
    this.#flushTurns = flushTurns;
    this.#names = new NameClaims({ clock, logger, connected: () => this.#devices });
  }

  arrived(device: Device): void {
    this.#devices.add(device);
    this.#flushTurns.join(device);
    this.#names.arrived(device);
  }

  left(device: Device): void {
    this.#devices.delete(device);
    this.#flushTurns.leave(device);
    this.#names.left(device);
    const leaving = device.settled().then(() => {
      this.#leaving.delete(leaving);
    });
    this.#leaving.add(leaving);
  }

  /** Everybody who is connected, in the order of their arrival. */
  [Symbol.iterator](): IterableIterator<Device> {
    return this.#devices.values();
  }

  /** Cameras alone: other clients are never addressed. */
  get cameras(): Device[] {
    return [...this.#devices].filter((device) => device.isCamera);
  }

  get counts(): { connected: number; recording: number } {
    const { cameras } = this;
    return { connected: cameras.length, recording: cameras.filter(isRecording).length };
  }

  /** Those that record now. */
  get recording(): Device[] {
    return [...this.#devices].filter(isRecording);
  }

  /** Tells the cameras that record to end, and ends their sessions without waiting for the answer. */
  endSessions(reason: EndReason): void {
    for (const device of this.recording) {
      device.stop();
      device.endSession(reason);
    }
  }

  /** Resolves when every session that has ended is finished, of those that have left as well. */
  async settled(): Promise<void> {
    const connected = [...this.#devices].map((device) => device.settled());
    await Promise.all([...connected, ...this.#leaving]);
  }
}

function isRecording(device: Device): boolean {
  return device.session !== undefined;
}
