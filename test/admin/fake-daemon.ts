/**
 * A daemon without cameras: tests decide what its phones do, the admin channel cannot tell the difference.
 */
import { EventEmitter } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DaemonApi } from '../../src/lib/admin/daemon-api.js';
import {
  ADMIN_PROTOCOL_VERSION,
  type CaptureDevice,
  type CaptureProgress,
  type DaemonEvent,
  type DaemonInfo,
  type DaemonPages,
  type DaemonStatus,
  type DeviceStatus,
  type LiveSessionsResult,
  type StartCaptureParams,
  type StartCaptureResult,
  type StopCaptureParams,
  type StopCaptureResult,
} from '../../src/lib/admin/protocol.js';
import { AdminServer } from '../../src/lib/admin/server.js';
import { selectDevices } from '../../src/lib/base/device-selector.js';
import { CamrecError } from '../../src/lib/base/errors.js';
import { type Logger, type LogLevel, silentLogger } from '../../src/lib/base/logger.js';
import type { SessionSummary } from '../../src/lib/base/session-summary.js';

/** A runtime directory of the test's own, as the environment of whoever is to find it. */
export async function runtimeEnvironment(): Promise<NodeJS.ProcessEnv & { dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'camrec-test-'));
  await chmod(dir, 0o700);
  return { CAMREC_RUNTIME_DIR: dir, dir };
}

export async function removeDirectory(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true });
}

/** A logger that keeps what it is told. */
export function listLogger(): { logger: Logger; lines: { level: LogLevel; message: string }[] } {
  const lines: { level: LogLevel; message: string }[] = [];
  const log = (level: LogLevel) => (_fields: Record<string, unknown>, message: string) => {
    lines.push({ level, message });
  };
  return {
    lines,
    logger: { ...silentLogger, warn: log('warn'), error: log('error'), info: log('info') },
  };
}

export function device(name: string, more: Partial<DeviceStatus> = {}): DeviceStatus {
  return {
    id: `id-${name}`,
    name,
    model: 'Pixel 6a',
    address: '192.0.2.7:4711',
    state: 'idle',
    sessionId: null,
    fps: 0,
    bitrate: 0,
    frames: 0,
    lost: 0,
    dropped: 0,
    lastSeenMs: 12,
    ...more,
  };
}

export function session(id: string, more: Partial<SessionSummary> = {}): SessionSummary {
  const dir = `/recordings/${id}`;
  return {
    id,
    dir,
    device: id.split('_')[0] ?? id,
    deviceId: `id-${id.split('_')[0] ?? id}`,
    label: null,
    captureId: 'c1',
    state: 'complete',
    reason: 'stopped',
    reasonText: 'stopped by the operator',
    startedAt: '2025-06-01T10:00:00.000Z',
    durationMs: 5000,
    frames: 50,
    lost: 0,
    rejected: 0,
    bytes: 2_500_000,
    fps: 10,
    width: 640,
    height: 480,
    codec: 'avc1.42E01F',
    files: {
      mp4: [join(dir, 'stream.mp4')],
      raw: join(dir, 'stream.h264'),
      index: join(dir, 'frames.csv'),
      thumbnail: null,
    },
    stopToPlayableMs: 7,
    ...more,
  };
}

/** How a phone takes `start`: the default is to begin. */
export type PhoneBehaviour = 'begins' | 'fails' | 'silent';

export class FakeDaemon implements DaemonApi {
  readonly info: DaemonInfo;
  readonly #events = new EventEmitter<{ event: [DaemonEvent] }>();
  devices: DeviceStatus[] = [];
  behaviour = new Map<string, PhoneBehaviour>();
  /** What a stop finds finished. */
  finished: SessionSummary[] = [];
  /** What had ended before it. */
  endedBefore: SessionSummary[] = [];
  live: SessionSummary[] = [];
  startCalls: StartCaptureParams[] = [];
  stopCalls: StopCaptureParams[] = [];

  constructor(info: Partial<DaemonInfo> = {}) {
    this.info = {
      protocol: ADMIN_PROTOCOL_VERSION,
      pid: process.pid,
      version: '0.1.0',
      port: 8765,
      url: 'ws://192.0.2.1:8765/android-cam',
      dir: '/recordings',
      startedAt: '2025-06-01T09:00:00.000Z',
      ...info,
    };
  }

  readonly pages: DaemonPages = {
    pages: [
      {
        camera: 'https://192.0.2.1:8765/camera?token=t',
        monitor: 'https://192.0.2.1:8765/?token=t',
        interface: 'wlan0',
      },
    ],
    tls: true,
    fingerprint: 'AA:BB',
    needsToken: true,
  };

  async status(): Promise<DaemonStatus> {
    const { protocol: _, ...daemon } = this.info;
    const figures = { uptimeMs: 61_000, freeBytes: 5e10, timeUntilFullMs: null, minFreeBytes: 1e9 };
    return { daemon: { ...daemon, ...figures, trouble: null }, devices: this.devices };
  }

  async startCapture(
    params: StartCaptureParams,
    progress: (device: CaptureProgress) => void,
  ): Promise<StartCaptureResult> {
    this.startCalls.push(params);
    if (this.devices.length === 0) throw new CamrecError('NO_CAMERA', 'No phone is connected.');
    const devices = selectDevices(params.devices, this.devices).map((one): CaptureDevice => {
      const { id, name } = one;
      progress({ id, name, state: 'starting', sessionId: null, message: null });
      const outcome = this.#outcome(one, params.timeoutMs);
      progress(outcome);
      return outcome;
    });
    return { capture: { id: 'c1', label: params.label ?? null }, devices };
  }

  #outcome(
    { id, name, state, sessionId }: DeviceStatus,
    timeoutMs: number | undefined,
  ): CaptureDevice {
    if (state === 'recording') {
      return { id, name, state: 'already-recording', sessionId, message: null };
    }
    if (timeoutMs === 0) return { id, name, state: 'requested', sessionId: null, message: null };
    switch (this.behaviour.get(name) ?? 'begins') {
      case 'begins':
        return { id, name, state: 'started', sessionId: `${name}_1`, message: 'Streaming' };
      case 'fails':
        return { id, name, state: 'failed', sessionId: null, message: 'camera in use' };
      case 'silent':
        return { id, name, state: 'timeout', sessionId: null, message: 'no answer' };
    }
  }

  async stopCapture(params: StopCaptureParams): Promise<StopCaptureResult> {
    this.stopCalls.push(params);
    if (this.devices.length === 0 && this.finished.length === 0) {
      throw new CamrecError('NO_CAMERA', 'No phone is connected.');
    }
    return { sessions: this.finished, endedBefore: this.endedBefore };
  }

  async liveSessions(): Promise<LiveSessionsResult> {
    return { dir: this.info.dir, sessions: this.live };
  }

  onEvent(listener: (event: DaemonEvent) => void): () => void {
    this.#events.on('event', listener);
    return () => this.#events.off('event', listener);
  }

  get listeners(): number {
    return this.#events.listenerCount('event');
  }

  /** Lets something happen. */
  emit(event: DaemonEvent): void {
    this.#events.emit('event', event);
  }

  connect(one: DeviceStatus): void {
    this.devices.push(one);
    this.emit({ event: 'device.connected', device: one });
  }

  async listen(env: NodeJS.ProcessEnv, logger: Logger = silentLogger): Promise<AdminServer> {
    return await AdminServer.listen({ api: this, logger, env });
  }
}
