/**
 * The daemon: joins the listener, the cameras' recorders, the recordings directory and the admin channel.
 */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import pLimit from 'p-limit';
import type { DaemonApi } from '../admin/daemon-api.js';
import {
  ADMIN_PROTOCOL_VERSION,
  type CaptureProgress,
  type DaemonEvent,
  type DaemonInfo,
  type DaemonPages,
  type DaemonStatus,
  type LiveSessionsResult,
  type StartCaptureParams,
  type StartCaptureResult,
  type StopCaptureParams,
  type StopCaptureResult,
} from '../admin/protocol.js';
import { AdminServer } from '../admin/server.js';
import { type Clock, systemClock, type Timer } from '../base/clock.js';
import { CamrecError, errorMessage } from '../base/errors.js';
import { CameraServer } from '../ingest/camera-server.js';
import { DEFAULT_MAX_CAMERAS, DEFAULT_SILENCE_MS } from '../ingest/limits.js';
import { Thumbnailer } from '../mux/thumbnail.js';
import { MAX_PENDING_BYTES } from '../recording/overload.js';
import type { EndReason, RecordingContext } from '../recording/session-info.js';
import { settleWithin } from '../recording/settle.js';
import { summarize } from '../storage/catalogue.js';
import { type DirectoryLock, lockDirectory } from '../storage/directory-lock.js';
import { systemDisk } from '../storage/disk.js';
import { DiskReserves } from '../storage/disk-reserve.js';
import { WebServer } from '../web/web-server.js';
import { type CameraUrl, cameraUrls } from './addresses.js';
import { Captures } from './captures.js';
import type { DaemonOptions } from './daemon-options.js';
import { Device } from './device.js';
import type { DeviceEvents } from './device-events.js';
import { DiskWatch } from './disk-watch.js';
import { logEvent } from './event-log.js';
import { Figures } from './figures.js';
import { LiveTap } from './live-tap.js';
import { Monitoring } from './monitoring.js';
import { NameClaims } from './name-claims.js';
import { daemonPages } from './pages.js';
import { ParameterSetMemory } from './parameter-set-memory.js';
import { PeerLimitLog } from './peer-limit-log.js';
import { Recovery } from './recover.js';
import { DEFAULT_RESUME_WINDOW_MS, ResumeWindow } from './resume.js';

/** How often what is queued goes to the operating system: with the time of a write it stays below the 250 ms that a crash may cost. */
const FLUSH_EVERY_MS = 100;

/** Sessions that wait for the disk at once: half of the threads that Node has for files. */
const PARALLEL_SYNCS = 2;

/** How long the cameras are given to end their captures when the daemon stops. */
const STOP_WAIT_MS = 2_000;

/** How long finishing the sessions may take when the daemon stops, unless the operator says otherwise. */
const DEFAULT_SHUTDOWN_MS = 30_000;

/** Bytes of all sessions together that may wait for the disk, one message of each beyond it. */
const MAX_TOTAL_PENDING_BYTES = 512 * 1024 * 1024;

export class Daemon implements DaemonApi {
  readonly #options: DaemonOptions;
  readonly #clock: Clock;
  readonly #directory: string;
  readonly #devices = new Set<Device>();
  /** Devices that are gone and whose sessions are still being finished. */
  readonly #leaving = new Set<Promise<void>>();
  readonly #listeners = new Set<(event: DaemonEvent) => void>();
  readonly #parameterSets = new ParameterSetMemory();
  readonly #thumbnailer: Thumbnailer;
  readonly #resumeWindow: ResumeWindow;
  readonly #names: NameClaims;
  readonly #limits: PeerLimitLog;
  readonly #figures = new Figures();
  readonly #reserves: DiskReserves;
  readonly #captures: Captures;
  readonly #diskWatch: DiskWatch;
  readonly #server: CameraServer;
  readonly #web: WebServer;
  readonly #startedAtMs: number;
  #admin: AdminServer | undefined;
  #lock: DirectoryLock | undefined;
  #flushing: Timer | undefined;
  readonly #monitoring: Monitoring;
  #stopping: Promise<number> | undefined;
  readonly #recovery: Recovery;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#directory = resolve(options.directory);
    this.#startedAtMs = this.#clock.now();
    this.#thumbnailer = new Thumbnailer(options.logger);
    const { logger } = options;
    const resumeWindowMs = options.resumeWindowMs ?? DEFAULT_RESUME_WINDOW_MS;
    this.#resumeWindow = new ResumeWindow(this.#clock, resumeWindowMs);
    this.#names = new NameClaims({ clock: this.#clock, logger, connected: () => this.#devices });
    this.#limits = new PeerLimitLog(this.#clock, logger);
    this.#reserves = new DiskReserves({
      disk: systemDisk,
      directory: this.#directory,
      onFailure: (error) =>
        logger.warn({ event: 'reserve.failed' }, `no room is kept back: ${errorMessage(error)}`),
    });
    this.#diskWatch = new DiskWatch({
      disk: systemDisk,
      clock: this.#clock,
      logger,
      directory: this.#directory,
      minFreeBytes: options.minFreeBytes,
      checkWritable: (directory) => access(directory, constants.W_OK | constants.X_OK),
      onLow: () => this.#endSessions('disk-low'),
    });
    this.#captures = new Captures({
      clock: this.#clock,
      directory: this.#directory,
      cameras: () => this.#cameras(),
      refusal: () => this.#diskWatch.refusal,
    });
    const recording = this.#recordingContext();
    this.#recovery = new Recovery({ ...recording, refusal: () => this.#diskWatch.refusal });
    const events = this.#deviceEvents();
    const liveTap = new LiveTap();
    this.#web = new WebServer({
      api: this,
      source: liveTap,
      disk: systemDisk,
      clock: this.#clock,
      logger: options.logger,
      needsToken: options.access?.token !== undefined,
    });
    this.#server = new CameraServer({
      host: options.host,
      port: options.port,
      maxCameras: options.maxCameras ?? DEFAULT_MAX_CAMERAS,
      silenceMs: options.silenceMs ?? DEFAULT_SILENCE_MS,
      clock: this.#clock,
      logger: options.logger,
      onCamera: (peer) => {
        const parameterSets = this.#parameterSets;
        const resumeWindow = this.#resumeWindow;
        const device = new Device({
          peer,
          recording,
          events,
          parameterSets,
          liveTap,
          resumeWindow,
        });
        this.#devices.add(device);
        this.#names.arrived(device);
        return device;
      },
      onLimit: (limit, address, detail) => this.#limits.add(limit, address, detail),
      access: options.access,
      tls: options.tls,
      onUnauthorized: (request, response) => void this.#web.refuse(request, response),
      onRequest: (request, response) => void this.#web.handle(request, response),
      onUpgrade: (request, socket, head) => this.#web.upgrade(request, socket, head),
    });
    this.#monitoring = new Monitoring({
      address: options.metrics,
      version: options.version,
      server: this.#server,
      figures: this.#figures,
      limits: this.#limits,
      diskWatch: this.#diskWatch,
      cameras: () => this.#cameraCounts(),
    });
  }

  /**
   * Locks the directory and listens. Throws DIRECTORY_UNUSABLE, DIRECTORY_IN_USE, PORT_IN_USE, CONNECTION_FAILED;
   * nothing stays open then.
   */
  async start(): Promise<void> {
    const { logger } = this.#options;
    await this.#openDirectory();
    try {
      await this.#reserves.clean();
      await this.#recovery.look();
      await this.#monitoring.start();
      await this.#server.listen();
      this.#admin = await AdminServer.listen({ api: this, logger });
    } catch (error) {
      await this.#server.close();
      await this.#monitoring.close();
      await this.#lock?.release();
      throw error;
    }
    await this.#diskWatch.start();
    this.#flushing = this.#clock.every(FLUSH_EVERY_MS, () => {
      for (const device of this.#devices) device.tick(this.#options.syncMs);
      this.#resumeWindow.tick(this.#options.syncMs);
    });
    void this.#thumbnailer.lookForFfmpeg();
    this.#recovery.start();
  }

  /** Where phones should connect. */
  get urls(): CameraUrl[] {
    return cameraUrls(this.#options.host, this.#server.port, this.#options.tls ? 'wss' : 'ws');
  }

  get pages(): DaemonPages {
    const { access, tls } = this.#options;
    return daemonPages(this.urls, access?.token, tls);
  }

  get info(): DaemonInfo {
    const [first] = this.urls;
    return {
      protocol: ADMIN_PROTOCOL_VERSION,
      pid: process.pid,
      version: this.#options.version,
      port: this.#server.port,
      url: first?.url ?? '',
      dir: this.#directory,
      startedAt: new Date(this.#startedAtMs).toISOString(),
    };
  }

  async status(): Promise<DaemonStatus> {
    await this.#diskWatch.look();
    const devices = this.#cameras().map((device) => device.deviceStatus);
    const { pid, version, url, dir, port, startedAt } = this.info;
    const { freeBytes } = this.#diskWatch;
    const { minFreeBytes } = this.#options;
    // Every byte is written twice: into the raw stream and into the MP4.
    const bytesPerSecond = devices.reduce((sum, device) => sum + (2 * device.bitrate) / 8, 0);
    const room = Math.max(0, freeBytes - minFreeBytes);
    return {
      daemon: {
        pid,
        version,
        url,
        dir,
        uptimeMs: Math.round(this.#clock.now() - this.#startedAtMs),
        freeBytes,
        timeUntilFullMs: bytesPerSecond === 0 ? null : Math.round((room / bytesPerSecond) * 1000),
        minFreeBytes,
        trouble: this.#diskWatch.refusal ?? null,
        port,
        startedAt,
      },
      devices,
    };
  }

  startCapture(
    params: StartCaptureParams,
    progress: (device: CaptureProgress) => void,
  ): Promise<StartCaptureResult> {
    return this.#captures.start(params, progress);
  }

  async stopCapture(params: StopCaptureParams): Promise<StopCaptureResult> {
    return { sessions: await this.#captures.stop(params) };
  }

  async liveSessions(): Promise<LiveSessionsResult> {
    return { dir: this.#directory, sessions: this.#captures.liveSessions };
  }

  onEvent(listener: (event: DaemonEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Stops the cameras, finishes every session and closes everything. Resolves with the number of sessions that were not
   * finished in time: the next start recovers them. Idempotent.
   */
  stop(): Promise<number> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<number> {
    this.#emit({ event: 'daemon.stopping' });
    const recoveryEnded = this.#recovery.stop();
    this.#server.stopListening();
    this.#web.close();
    const recording = [...this.#devices].filter((device) => device.session !== undefined);
    const sessions = recording.map((device) => device.session?.finished);
    for (const device of recording) device.stop();
    const shutdownMs = this.#options.shutdownMs ?? DEFAULT_SHUTDOWN_MS;
    const deadlineMs = this.#clock.monotonic() + shutdownMs;
    const waiting = this.#resumeWindow.close();
    await settleWithin(this.#clock, Math.min(STOP_WAIT_MS, shutdownMs), Promise.all(sessions));
    for (const device of this.#devices) device.endSession('shutdown');
    const settled = [...this.#devices].map((device) => device.settled());
    const finishing = Promise.all([...settled, ...this.#leaving, waiting, recoveryEnded]);
    await settleWithin(this.#clock, Math.max(0, deadlineMs - this.#clock.monotonic()), finishing);
    const unfinished = this.#figures.liveSessions;
    if (unfinished > 0) {
      const fields = { event: 'shutdown.deadline', unfinished, shutdownMs };
      const text = `${unfinished} sessions are not finished after ${shutdownMs} ms: the next start recovers them`;
      this.#options.logger.error(fields, text);
    }
    await this.#server.close();
    this.#flushing?.cancel();
    this.#diskWatch.stop();
    this.#limits.flush();
    await this.#monitoring.close();
    await this.#reserves.close();
    await this.#admin?.close();
    await this.#lock?.release();
    return unfinished;
  }

  /** The port of `/metrics`, where it is shown. */
  get metricsPort(): number | undefined {
    return this.#monitoring.port;
  }

  #cameraCounts(): { connected: number; recording: number } {
    const cameras = this.#cameras();
    const recording = cameras.filter((device) => device.session !== undefined);
    return { connected: cameras.length, recording: recording.length };
  }

  async #openDirectory(): Promise<void> {
    try {
      await systemDisk.ensureDirectory(this.#directory);
    } catch (error) {
      const reason = errorMessage(error);
      throw new CamrecError('DIRECTORY_UNUSABLE', `cannot use ${this.#directory}: ${reason}`, {
        hint: 'Choose a directory that you may write to with --dir.',
        cause: error,
      });
    }
    this.#lock = await lockDirectory(this.#directory, this.#clock);
  }

  #recordingContext(): RecordingContext {
    const { logger, version } = this.#options;
    return {
      disk: systemDisk,
      clock: this.#clock,
      logger,
      directory: this.#directory,
      version,
      reserves: this.#reserves,
      maxPendingBytes: () => {
        const sessions = Math.max(1, this.#figures.liveSessions);
        return Math.min(MAX_PENDING_BYTES, MAX_TOTAL_PENDING_BYTES / sessions);
      },
      inSyncTurn: pLimit(PARALLEL_SYNCS),
      makeThumbnail: (picture, path) => this.#thumbnailer.make(picture, path),
    };
  }

  #deviceEvents(): DeviceEvents<Device> {
    return {
      identified: (device) =>
        this.#emit({ event: 'device.connected', device: device.deviceStatus }),
      capabilities: (device) =>
        this.#emit({ event: 'device.capabilities', device: device.deviceStatus }),
      disconnected: (device, reason, detail) =>
        this.#disconnected(device, reason === 'closed' ? detail : `${reason}: ${detail}`),
      failed: (device, message) =>
        this.#emit({ event: 'device.error', device: device.deviceStatus, message }),
      sessionStarted: (device, session) => {
        this.#captures.started(device, session);
        this.#figures.track(session, (finished) => this.#monitoring.finished(finished));
      },
      sessionResumed: (device, session, awayMs) => {
        this.#captures.moved(session, device);
        const fields = {
          event: 'session.resumed',
          device: device.name,
          session: session.id,
          awayMs,
        };
        const text = `${device.name} is back after ${Math.round(awayMs)} ms and goes on with ${session.id}`;
        this.#options.logger.info(fields, text);
      },
      oddity: (kind, reason, count) => this.#figures.oddity(kind, reason, count),
      sessionOpened: (_device, session) => {
        const summary = summarize(resolve(this.#directory, session.id ?? ''), session.manifest);
        this.#emit({ event: 'session.opened', session: summary });
      },
      sessionFinished: (_device, { directory, manifest }) =>
        this.#emit({ event: 'session.finished', session: summarize(directory, manifest) }),
    };
  }

  #disconnected(device: Device, reason: string): void {
    this.#devices.delete(device);
    this.#names.left(device);
    const leaving = device.settled().then(() => {
      this.#leaving.delete(leaving);
    });
    this.#leaving.add(leaving);
    if (!device.isCamera) return;
    this.#emit({ event: 'device.disconnected', device: device.deviceStatus, reason });
  }

  #endSessions(reason: EndReason): void {
    this.#resumeWindow.endAll(reason);
    for (const device of this.#devices) {
      if (device.session === undefined) continue;
      device.stop();
      device.endSession(reason);
    }
  }

  /** Cameras alone: other clients are never addressed. */
  #cameras(): Device[] {
    return [...this.#devices].filter((device) => device.isCamera);
  }

  #emit(event: DaemonEvent): void {
    logEvent(this.#options.logger, event);
    for (const listener of this.#listeners) listener(event);
  }
}
