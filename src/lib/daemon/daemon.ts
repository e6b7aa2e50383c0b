/**
 * The daemon: joins the listener, the cameras' recorders, the recordings directory and the admin channel.
 */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { DaemonApi } from '../admin/daemon-api.js';
import type {
  CaptureProgress,
  DaemonEvent,
  DaemonInfo,
  DaemonPages,
  DaemonStatus,
  LiveSessionsResult,
  StartCaptureParams,
  StartCaptureResult,
  StopCaptureParams,
  StopCaptureResult,
} from '../admin/protocol.js';
import { AdminServer } from '../admin/server.js';
import { type Clock, systemClock } from '../base/clock.js';
import { errorMessage } from '../base/errors.js';
import { settleWithin } from '../recording/settle.js';
import type { DirectoryLock } from '../storage/directory-lock.js';
import { systemDisk } from '../storage/disk.js';
import { DiskReserves } from '../storage/disk-reserve.js';
import { largestFile } from '../storage/largest-file.js';
import type { CameraUrl } from './addresses.js';
import { Captures } from './captures.js';
import { ConnectedDevices } from './connected-devices.js';
import type { DaemonOptions } from './daemon-options.js';
import { Device } from './device.js';
import { DeviceReports } from './device-reports.js';
import { DiskWatch } from './disk-watch.js';
import { EventFeed } from './event-feed.js';
import { Figures } from './figures.js';
import { finishSessions } from './finish-sessions.js';
import { FlushTurns } from './flush-turns.js';
import { LiveTap } from './live-tap.js';
import { Monitoring } from './monitoring.js';
import { ParameterSetMemory } from './parameter-set-memory.js';
import { PeerLimitLog } from './peer-limit-log.js';
import { recordingContext } from './recording-context.js';
import { openRecordings } from './recordings-directory.js';
import { Recovery } from './recover.js';
import { DEFAULT_RESUME_WINDOW_MS, ResumeWindow } from './resume.js';
import { SelfDescription } from './self-description.js';
import { ServingPort } from './serving-port.js';
import { SyncWatch } from './sync-watch.js';

/** Longest wait for the files of the reserves to be removed: the next start removes what is left. */
const RESERVES_WAIT_MS = 2_000;

/** Makes the parts, in the order in which they need each other, opens and closes them; each does its own work. */
export class Daemon implements DaemonApi {
  readonly #options: DaemonOptions;
  readonly #clock: Clock;
  readonly #directory: string;
  readonly #devices: ConnectedDevices;
  readonly #feed: EventFeed;
  readonly #flushTurns: FlushTurns;
  readonly #figures = new Figures();
  readonly #resumeWindow: ResumeWindow;
  readonly #limits: PeerLimitLog;
  readonly #reserves: DiskReserves;
  readonly #diskWatch: DiskWatch;
  readonly #syncWatch: SyncWatch;
  readonly #captures: Captures;
  readonly #recovery: Recovery;
  readonly #self: SelfDescription;
  readonly #port: ServingPort;
  readonly #monitoring: Monitoring;
  #admin: AdminServer | undefined;
  #lock: DirectoryLock | undefined;
  #stopping: Promise<number> | undefined;

  constructor(options: DaemonOptions) {
    const { logger, version } = options;
    const clock = options.clock ?? systemClock;
    const directory = resolve(options.directory);
    const disk = systemDisk;
    const refusal = () =>
      this.#stopping === undefined ? this.#diskWatch.refusal : 'the daemon is ending';
    const cameras = () => this.#devices.cameras;
    this.#options = options;
    this.#clock = clock;
    this.#directory = directory;
    const { resumeWindowMs = DEFAULT_RESUME_WINDOW_MS } = options;
    const resumeWindow = new ResumeWindow(clock, resumeWindowMs);
    this.#resumeWindow = resumeWindow;
    const flushTurns = new FlushTurns(clock, options.syncMs);
    flushTurns.join(resumeWindow);
    this.#flushTurns = flushTurns;
    this.#devices = new ConnectedDevices({ clock, logger, flushTurns });
    this.#feed = new EventFeed(logger);
    this.#limits = new PeerLimitLog(clock, logger);
    this.#reserves = new DiskReserves({
      disk,
      directory,
      onFailure: (error) =>
        logger.warn({ event: 'reserve.failed' }, `no room is kept back: ${errorMessage(error)}`),
    });
    this.#syncWatch = new SyncWatch({
      clock: this.#clock,
      logger,
      syncMs: options.syncMs,
      unsyncedMs: () => this.#figures.unsyncedMs,
    });
    this.#diskWatch = new DiskWatch({
      disk,
      clock,
      logger,
      directory,
      minFreeBytes: options.minFreeBytes,
      checkWritable: (path) => access(path, constants.W_OK | constants.X_OK),
      largestFile,
      onLow: () => {
        resumeWindow.endAll('disk-low');
        this.#devices.endSessions('disk-low');
      },
    });
    this.#captures = new Captures({ clock, directory, cameras, refusal });
    const recording = recordingContext(
      {
        disk,
        clock,
        logger,
        directory,
        version,
        reserves: this.#reserves,
        largestFile: () => this.#diskWatch.largestFile,
        makeThumbnail: options.makeThumbnail ?? (async () => false),
      },
      () => this.#figures.liveSessions,
    );
    const { minFreeBytes } = options;
    this.#recovery = new Recovery({ ...recording, refusal, minFreeBytes });
    const events = new DeviceReports({
      logger,
      directory,
      feed: this.#feed,
      figures: this.#figures,
      captures: this.#captures,
      devices: this.#devices,
      onFinished: (session) => this.#monitoring.finished(session),
    });
    this.#self = new SelfDescription({
      daemon: options,
      clock,
      directory,
      diskWatch: this.#diskWatch,
      refusal,
      port: () => this.#port.number,
      cameras,
    });
    const liveTap = new LiveTap();
    const parameterSets = new ParameterSetMemory();
    this.#port = new ServingPort({
      daemon: options,
      clock,
      disk,
      api: this,
      live: liveTap,
      onCamera: (peer) => {
        const shared = { recording, events, parameterSets, liveTap, resumeWindow };
        const captureRefusal = () => this.#diskWatch.captureRefusal;
        const device = new Device({ peer, ...shared, refusal: captureRefusal });
        this.#devices.arrived(device);
        return device;
      },
      onLimit: (limit, address, detail) => this.#limits.add(limit, address, detail),
    });
    this.#monitoring = new Monitoring({
      address: options.metrics,
      version,
      port: this.#port,
      figures: this.#figures,
      limits: this.#limits,
      diskWatch: this.#diskWatch,
      cameras: () => this.#devices.counts,
    });
  }

  /**
   * Locks the directory and listens. Throws DIRECTORY_UNUSABLE, DIRECTORY_IN_USE, DISK_FULL, PORT_IN_USE,
   * CONNECTION_FAILED; nothing stays open then.
   */
  async start(): Promise<void> {
    const { logger } = this.#options;
    const disk = systemDisk;
    this.#lock = await openRecordings(this.#directory, { disk, clock: this.#clock, logger });
    try {
      await this.#reserves.clean();
      await this.#recovery.look();
      await this.#monitoring.start();
      await this.#port.listen();
      this.#admin = await AdminServer.listen({ api: this, logger });
    } catch (error) {
      await this.#port.close();
      await this.#monitoring.close();
      await this.#lock?.release();
      throw error;
    }
    await this.#diskWatch.start();
    this.#syncWatch.start();
    this.#flushTurns.start();
    this.#recovery.start();
  }

  /** Where phones should connect. */
  get urls(): CameraUrl[] {
    return this.#self.urls;
  }

  get pages(): DaemonPages {
    return this.#self.pages;
  }

  get info(): DaemonInfo {
    return this.#self.info;
  }

  /** The port of `/metrics`, where it is shown. */
  get metricsPort(): number | undefined {
    return this.#monitoring.port;
  }

  status(): Promise<DaemonStatus> {
    return this.#self.status();
  }

  startCapture(
    params: StartCaptureParams,
    progress: (device: CaptureProgress) => void,
  ): Promise<StartCaptureResult> {
    return this.#captures.start(params, progress);
  }

  stopCapture(params: StopCaptureParams): Promise<StopCaptureResult> {
    return this.#captures.stop(params);
  }

  async liveSessions(): Promise<LiveSessionsResult> {
    return { dir: this.#directory, sessions: this.#captures.liveSessions };
  }

  onEvent(listener: (event: DaemonEvent) => void): () => void {
    return this.#feed.listen(listener);
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
    this.#feed.emit({ event: 'daemon.stopping' });
    const recoveryEnded = this.#recovery.stop();
    this.#port.closeToNewcomers();
    const unfinished = await finishSessions({
      clock: this.#clock,
      logger: this.#options.logger,
      devices: this.#devices,
      resumeWindow: this.#resumeWindow,
      recoveryEnded,
      shutdownMs: this.#options.shutdownMs,
      disconnect: () => this.#port.close(),
      liveSessions: () => this.#figures.liveSessions,
    });
    this.#flushTurns.stop();
    this.#diskWatch.stop();
    this.#syncWatch.stop();
    this.#limits.flush();
    await this.#monitoring.close();
    await settleWithin(this.#clock, RESERVES_WAIT_MS, this.#reserves.close());
    await this.#admin?.close();
    await this.#lock?.release();
    return unfinished;
  }
}
