/**
 * One connected camera: takes its messages and joins who it is, what it was told and what it records.
 */
import type { DeviceState, DeviceStatus } from '../admin/protocol.js';
import type { NamedDevice } from '../base/device-selector.js';
import type { CameraHandler, CloseReason } from '../ingest/camera-connection.js';
import type { CameraPeer } from '../ingest/camera-server.js';
import type { EndReason, RecordingContext, SessionOrder } from '../recording/session-info.js';
import { openingFailure } from '../recording/session-manifest.js';
import type { SessionRecorder } from '../recording/session-recorder.js';
import type { CameraStatus, Capabilities, IgnoredReason } from '../wire/camera-messages.js';
import type { FramePacket, FrameRejection } from '../wire/frame-packet.js';
import { CaptureConversation, type StartOutcome } from './capture-conversation.js';
import type { DeviceEvents } from './device-events.js';
import { DeviceIdentity } from './device-identity.js';
import { DeviceLog } from './device-log.js';
import { DeviceSessions } from './device-sessions.js';
import { deviceStatus } from './device-status.js';
import { HeldStart } from './held-start.js';
import type { LiveTap } from './live-tap.js';
import { PacketIntake } from './packet-intake.js';
import type { ParameterSetMemory } from './parameter-set-memory.js';
import type { Refusal } from './refused-capture.js';
import { ReportLimit } from './report-limit.js';
import type { ResumeWindow } from './resume.js';

export interface DeviceOptions {
  readonly peer: CameraPeer;
  readonly recording: RecordingContext;
  readonly events: DeviceEvents<Device>;
  /** The last parameter sets of each named device: they may serve after a reconnect. */
  readonly parameterSets: ParameterSetMemory;
  /** Where viewers of live pictures listen. */
  readonly liveTap: LiveTap;
  /** Where sessions wait for a camera that has lost its connection. */
  readonly resumeWindow: ResumeWindow;
  /** Why no capture is recorded now, or nothing. */
  readonly refusal: () => Refusal | undefined;
}

/** Made for each connection; holds no more than what its parts have to know of each other. */
export class Device implements CameraHandler, NamedDevice {
  readonly #options: DeviceOptions;
  readonly #identity: DeviceIdentity;
  readonly #conversation: CaptureConversation;
  readonly #sessions: DeviceSessions;
  readonly #log: DeviceLog;
  readonly #intake = new PacketIntake();
  readonly #heldStart = new HeldStart();
  readonly #reports: ReportLimit;
  #isCamera = false;
  #isGone = false;

  constructor(options: DeviceOptions) {
    const { peer, recording, events, parameterSets, resumeWindow } = options;
    this.#options = options;
    this.#identity = new DeviceIdentity(peer);
    this.#conversation = new CaptureConversation({
      clock: recording.clock,
      send: (command) => peer.connection.send(command),
    });
    this.#log = new DeviceLog({
      clock: recording.clock,
      logger: recording.logger,
      name: () => this.name,
      onOddity: (kind, reason, count) => events.oddity(kind, reason, count),
    });
    this.#reports = new ReportLimit(recording.clock, (kind) => this.#log.untold(kind));
    this.#sessions = new DeviceSessions({
      recording,
      identity: this.#identity,
      epochOffsetMs: peer.connection.epochOffsetMs,
      log: this.#log,
      parameterSets,
      resumeWindow,
      isStopping: () => this.#conversation.isStopping,
      onBegun: (session) => {
        events.sessionStarted(this, session);
        session.opened.then(
          () => events.sessionOpened(this, session),
          () => {},
        );
      },
      onFailure: (reason) => {
        if (!this.#isGone) this.stop();
        this.endSession(reason);
      },
      onFinished: (session) => events.sessionFinished(this, session),
      onUnwanted: () => {
        if (this.#conversation.packetAfterEnd()) this.#log.stoppedAgain();
      },
    });
  }

  get id(): string {
    return this.#identity.id;
  }

  /** By the URL's `name`, else by model and address, else by address and port. */
  get name(): string {
    return this.#identity.name;
  }

  /** The name in the URL, if it has one. */
  get wantedName(): string | undefined {
    return this.#identity.wantedName;
  }

  /** The name that it goes by while another connection that lives has its own. */
  get alias(): string | undefined {
    return this.#identity.alias;
  }

  /** Nothing gives the device its own name back. */
  set alias(alias: string | undefined) {
    this.#identity.alias = alias;
  }

  /** Milliseconds since the last byte came. */
  get silentForMs(): number {
    return this.#options.peer.connection.silentForMs;
  }

  /** Asks for a sign of life. */
  probe(): void {
    this.#options.peer.connection.probe();
  }

  /** Cuts the connection of a camera that is gone. */
  cutOff(detail: string): void {
    this.#options.peer.connection.terminate('silent', detail);
  }

  get isCamera(): boolean {
    return this.#isCamera;
  }

  get session(): SessionRecorder | undefined {
    return this.#sessions.session;
  }

  get state(): DeviceState {
    const { isStopping } = this.#conversation;
    if (this.session !== undefined) return isStopping ? 'stopping' : 'recording';
    return this.order === undefined ? 'idle' : 'starting';
  }

  /** What it was told to begin under and has not answered, however long ago. */
  get order(): SessionOrder | undefined {
    return this.#conversation.order;
  }

  get deviceStatus(): DeviceStatus {
    return deviceStatus({
      identity: this.#identity,
      state: this.state,
      session: this.session,
      rates: this.#intake.rates(this.#options.recording.clock.monotonic()),
      silentForMs: this.silentForMs,
    });
  }

  /** Tells the camera to begin a capture of its own. Resolves when it has answered, however late. */
  start(order: SessionOrder): Promise<StartOutcome> {
    return this.#conversation.start(order);
  }

  /** Tells the camera to end, or not to begin. */
  stop(): void {
    if (this.#isGone) this.#sessions.stopWaiting();
    else this.#conversation.stop();
  }

  /** Begins what the camera has begun, whatever is known of its name. */
  beginHeld(): void {
    this.#heldStart.release();
  }

  /** Ends the session on this side, whatever the camera does. */
  endSession(reason: EndReason): void {
    this.beginHeld();
    this.#sessions.endSession(reason);
  }

  nameContested(): void {
    this.#heldStart.hold();
  }

  nameDecided(): void {
    const { isWaiting } = this.#heldStart;
    this.beginHeld();
    if (!isWaiting) this.#offerResume();
  }

  /** Several times a second. */
  tick(syncMs: number): void {
    this.#sessions.tick(syncMs);
    if (this.#conversation.isStopOverdue) this.endSession('stop-unanswered');
  }

  /** Resolves when all sessions of this device are finished. */
  settled(): Promise<void> {
    return this.#sessions.settled();
  }

  status(status: CameraStatus, message: string, arrivalMs: number): void {
    this.#identify();
    switch (status) {
      case 'ready':
        break;
      case 'capture_started':
        if (this.#heldStart.awaitsFirstPacket) this.#log.repeatedStart();
        else this.#heldStart.start(() => this.#captureStarted(message, arrivalMs));
        break;
      case 'capture_stopped':
        this.beginHeld();
        this.#captureStopped();
        break;
      case 'error':
        this.beginHeld();
        this.#conversation.startFailed(message);
        if (this.#reports.admit('errors')) this.#options.events.failed(this, message);
        break;
    }
  }

  capabilities({ deviceModel }: Capabilities): void {
    this.#identity.model = deviceModel?.trim() || undefined;
    this.#identify();
    if (this.#reports.admit('capabilities')) this.#options.events.capabilities(this);
  }

  packet(packet: FramePacket, arrivalMs: number): void {
    this.#identify();
    if (this.#heldStart.isWaiting && !this.#sessions.canHold(packet)) this.beginHeld();
    this.#heldStart.packet();
    const { liveTap, recording } = this.#options;
    const nowMs = recording.clock.monotonic();
    this.#conversation.packet(nowMs);
    const isRecorded = this.session !== undefined;
    const received = this.#intake.receive(packet, arrivalMs, nowMs, isRecorded);
    this.#log.packet(received);
    this.#sessions.packet(received);
    if (liveTap.isWatched) liveTap.show(this.id, received, this.#sessions.parameterSets);
  }

  rejected(reason: FrameRejection): void {
    this.#sessions.rejected();
    this.#log.oddity('rejected', reason);
  }

  ignored(reason: IgnoredReason): void {
    this.#log.oddity('ignored', reason);
  }

  closed(reason: CloseReason, detail: string): void {
    this.beginHeld();
    this.#conversation.startFailed(`disconnected (${detail})`);
    this.#isGone = true;
    this.#log.flush();
    const mayComeBack = reason !== 'violation' && !this.#conversation.isStopping;
    const endReason = reason === 'silent' ? 'silent' : 'disconnected';
    this.#sessions.connectionLost(endReason, mayComeBack, this.silentForMs);
    this.#options.events.disconnected(this, reason, detail);
  }

  #identify(): void {
    if (this.#isCamera) return;
    this.#isCamera = true;
    this.#options.events.identified(this);
    this.#offerResume();
  }

  /** Tells a camera that has come back to go on, where an operator had told it to begin; others begin by themselves. */
  #offerResume(): void {
    const order = this.#sessions.waitingOrder;
    if (order === undefined || order.request === null || this.state !== 'idle') return;
    void this.#conversation.start(order);
  }

  #captureStarted(message: string, arrivalMs: number): void {
    if (this.#sessions.isBegun) {
      this.#log.repeatedStart();
      return;
    }
    const { order, answer, isUnwanted } = this.#conversation.captureStarted();
    this.#intake.captureStarted();
    const refusal = this.#options.refusal() ?? this.#sessions.refusal;
    if (refusal !== undefined) {
      answer({ state: 'failed', message: refusal.text });
      this.#refuse(refusal);
      return;
    }
    const session = this.#resume(arrivalMs, order) ?? this.#sessions.begin(arrivalMs, order);
    session.opened.then(
      (sessionId) => answer({ state: 'started', sessionId, message }),
      (error) => answer({ state: 'failed', message: openingFailure(error) }),
    );
    // Some begin in spite of a stop that came while they were about to.
    if (isUnwanted) this.stop();
  }

  #refuse({ reason }: Refusal): void {
    this.#log.refused(reason);
    this.#sessions.refuse(reason);
    this.stop();
  }

  #resume(arrivalMs: number, order: SessionOrder | undefined): SessionRecorder | undefined {
    const resumed = this.#sessions.resume(arrivalMs, order);
    if (resumed === undefined) return undefined;
    const { session, awayMs } = resumed;
    this.#options.events.sessionResumed(this, session, awayMs);
    return session;
  }

  #captureStopped(): void {
    const wasTold = this.#conversation.captureStopped();
    if (!this.#sessions.captureStopped() && !wasTold) this.#log.strayStop();
  }
}
