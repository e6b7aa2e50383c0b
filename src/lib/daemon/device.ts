/**
 * One connected camera: who it is, what it was told, what it records.
 */
import type { DeviceState, DeviceStatus } from '../admin/protocol.js';
import type { NamedDevice } from '../base/device-selector.js';
import type { Framing } from '../h264/nal-units.js';
import type { CameraHandler, CloseReason } from '../ingest/camera-connection.js';
import type { CameraPeer } from '../ingest/camera-server.js';
import { CameraRecorder } from '../recording/camera-recorder.js';
import { receivedPacket } from '../recording/received-packet.js';
import type {
  EndReason,
  FinishedSession,
  RecordingContext,
  SessionDevice,
  SessionOrder,
} from '../recording/session-info.js';
import { SessionRecorder } from '../recording/session-recorder.js';
import { clientName, safeName } from '../storage/safe-name.js';
import { encodeStartCapture, encodeStopCapture } from '../wire/camera-commands.js';
import type { CameraStatus, Capabilities, IgnoredReason } from '../wire/camera-messages.js';
import type { FramePacket, FrameRejection } from '../wire/frame-packet.js';
import type { OddityKind } from './figures.js';
import type { LiveTap } from './live-tap.js';
import type { ParameterSetMemory } from './parameter-set-memory.js';
import { RateMeter } from './rate-meter.js';
import { RepeatLog } from './repeat-log.js';
import type { Resumable, ResumeWindow } from './resume.js';

const NO_ORDER: SessionOrder = { captureId: null, label: null, request: null };

/** What a device reports to the daemon. */
export interface DeviceEvents {
  /** The peer has said something that only cameras say. */
  identified(device: Device): void;
  capabilities(device: Device): void;
  disconnected(device: Device, reason: CloseReason, detail: string): void;
  failed(device: Device, message: string): void;
  /** A capture has begun; its directory may not be there yet. */
  sessionStarted(device: Device, session: SessionRecorder): void;
  /** The session's directory and manifest are there. */
  sessionOpened(device: Device, session: SessionRecorder): void;
  sessionFinished(device: Device, session: FinishedSession): void;
  /** Something came that is not recorded. */
  oddity(kind: OddityKind, reason: string, count: number): void;
  /** The device goes on with the session of an earlier connection. */
  sessionResumed(device: Device, session: SessionRecorder, awayMs: number): void;
}

export interface DeviceOptions {
  readonly peer: CameraPeer;
  readonly recording: RecordingContext;
  readonly events: DeviceEvents;
  /** The last parameter sets of each named device: they may serve after a reconnect. */
  readonly parameterSets: ParameterSetMemory;
  /** Where viewers of live pictures listen. */
  readonly liveTap: LiveTap;
  /** Where sessions wait for a camera that has lost its connection. */
  readonly resumeWindow: ResumeWindow;
}

/** How a device took the command to begin. */
export type StartOutcome =
  | { readonly state: 'started'; readonly sessionId: string; readonly message: string }
  | { readonly state: 'failed'; readonly message: string };

export class Device implements CameraHandler, NamedDevice, Resumable {
  readonly id: string;
  readonly #options: DeviceOptions;
  readonly #recorder: CameraRecorder;
  #rates = new RateMeter();
  readonly #oddities: RepeatLog;
  #model: string | undefined;
  #framing: Framing = 'annex-b';
  #isCamera = false;
  /** Instead of the name in the URL, while another connection has that. */
  #alias: string | undefined;
  #isGone = false;
  #isOverloaded = false;
  /** Told to begin and not yet answered. */
  #starting: ((outcome: StartOutcome) => void) | undefined;
  #stopping = false;
  /** Of the last session, for a next one that brings none. */
  #parameterSets: readonly Uint8Array[] = [];
  /** For the session that the last command will open. */
  #order: SessionOrder = NO_ORDER;

  constructor(options: DeviceOptions) {
    const { peer, recording } = options;
    this.#options = options;
    this.id = clientName(peer.address, peer.port);
    this.#recorder = new CameraRecorder({
      openSession: () => this.#openSession(),
      finished: (session) => options.events.sessionFinished(this, session),
      unclaimed: (packets, reason) => {
        this.#oddities.add(`unclaimed packets (${reason})`, packets);
        options.events.oddity('unclaimed', reason, packets);
      },
    });
    this.#oddities = new RepeatLog(recording.clock, (kind, count, total) => {
      const fields = { event: 'device.oddity', device: this.name, kind, count, total };
      recording.logger.warn(fields, `${this.name}: ${count} ${kind}, ${total} in all`);
    });
  }

  /** By the URL's `name`, else by model and address, else by address and port. */
  get name(): string {
    const { name, address } = this.#options.peer;
    return (
      this.#alias ?? name ?? (this.#model === undefined ? this.id : `${this.#model} ${address}`)
    );
  }

  /** The name in the URL, if it has one. */
  get wantedName(): string | undefined {
    return this.#options.peer.name;
  }

  /** Goes by another name while one that lives has its own; nothing gives it back. */
  set alias(alias: string | undefined) {
    this.#alias = alias;
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
    return this.#recorder.session;
  }

  get state(): DeviceState {
    if (this.#recorder.state === 'recording') return this.#stopping ? 'stopping' : 'recording';
    return this.#starting === undefined ? 'idle' : 'starting';
  }

  get deviceStatus(): DeviceStatus {
    const { address, port, connection } = this.#options.peer;
    const { progress } = this.#recorder;
    const nowMs = this.#options.recording.clock.monotonic();
    const { fps, bitsPerSecond } = this.#rates.read(nowMs);
    const isRecording = progress !== undefined;
    return {
      id: this.id,
      name: this.name,
      model: this.#model ?? null,
      address: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
      state: this.state,
      sessionId: this.session?.id ?? null,
      fps: isRecording ? Math.round(fps * 100) / 100 : 0,
      bitrate: isRecording ? Math.round(bitsPerSecond) : 0,
      frames: progress?.frames ?? 0,
      lost: progress?.lost ?? 0,
      dropped: progress?.dropped ?? 0,
      lastSeenMs: Math.round(connection.silentForMs),
    };
  }

  /** Tells the camera to begin. Resolves when it has answered, however late. */
  start(order: SessionOrder): Promise<StartOutcome> {
    this.#answerStart({ state: 'failed', message: 'told to begin again' });
    this.#order = order;
    const answer = new Promise<StartOutcome>((resolve) => {
      this.#starting = resolve;
    });
    if (order.request !== null)
      this.#options.peer.connection.send(encodeStartCapture(order.request));
    return answer;
  }

  /** Nobody waits for the answer to `start` any more. */
  forgetStart(): void {
    this.#starting = undefined;
  }

  /** Tells the camera to end. */
  stop(): void {
    this.forgetStart();
    if (this.#isGone) {
      this.endSession('stopped');
      return;
    }
    if (this.session !== undefined) this.#stopping = true;
    this.#options.peer.connection.send(encodeStopCapture());
  }

  /** Ends the session on this side, whatever the camera does. */
  endSession(reason: EndReason): void {
    this.#keepParameterSets();
    this.#recorder.end(reason);
  }

  /** Gives the session that waits to the camera's next connection. */
  handOver(): SessionRecorder | undefined {
    return this.#recorder.handOver();
  }

  /** Tells a camera that has come back to go on, where an operator had told it to begin; others begin by themselves. */
  offerResume(): void {
    if (this.#alias !== undefined || this.wantedName === undefined) return;
    const waiting = this.#options.resumeWindow.waitingFor(this.wantedName);
    if (waiting === undefined || this.state !== 'idle') return;
    if (waiting.order.request !== null) void this.start(waiting.order);
  }

  /** Several times a second. */
  tick(syncMs: number): void {
    this.session?.tick(syncMs);
    this.#watchOverload();
  }

  #watchOverload(): void {
    const isOverloaded = this.session?.isOverloaded ?? false;
    if (isOverloaded === this.#isOverloaded) return;
    this.#isOverloaded = isOverloaded;
    const { logger } = this.#options.recording;
    const dropped = this.session?.progress.dropped ?? 0;
    const fields = { event: 'device.overload', device: this.name, isOverloaded, dropped };
    if (isOverloaded) logger.warn(fields, `${this.name}: the disk is too slow, frames are dropped`);
    else logger.info(fields, `${this.name}: frames are recorded again, ${dropped} were dropped`);
  }

  /** Resolves when all sessions of this device are finished. */
  settled(): Promise<void> {
    return this.#recorder.settled();
  }

  status(status: CameraStatus, message: string): void {
    this.#identify();
    switch (status) {
      case 'ready':
        break;
      case 'capture_started':
        this.#stopping = false;
        this.#keepParameterSets();
        this.#captureStarted(message);
        break;
      case 'capture_stopped':
        this.#keepParameterSets();
        if (!this.#recorder.captureStopped()) this.#oddities.add('capture_stopped without capture');
        this.#stopping = false;
        break;
      case 'error':
        this.#answerStart({ state: 'failed', message });
        this.#options.events.failed(this, message);
        break;
    }
  }

  capabilities({ deviceModel }: Capabilities): void {
    this.#model = deviceModel?.trim() || undefined;
    this.#identify();
    this.#options.events.capabilities(this);
  }

  packet(packet: FramePacket, arrivalMs: number): void {
    this.#identify();
    const received = receivedPacket(this.#toKeep(packet), arrivalMs, this.#framing);
    if (received.framing !== 'none') this.#framing = received.framing;
    const { logger, clock } = this.#options.recording;
    if (logger.isLevelEnabled('trace')) {
      const { sequence, timestampMs, kind } = received;
      const fields = {
        device: this.name,
        sequence,
        timestampMs,
        kind,
        bytes: packet.payload.length,
      };
      logger.trace(fields, `${this.name}: ${kind} ${sequence}`);
    }
    this.#rates.add(received.kind === 'config' ? 0 : 1, packet.payload.length, clock.monotonic());
    this.#recorder.packet(received);
    const { liveTap } = this.#options;
    if (liveTap.isWatched) {
      liveTap.show(this.id, received, this.session?.parameterSets ?? this.#parameterSets);
    }
  }

  /** What is held for long is copied: a small message is a view that keeps its whole network buffer in memory. */
  #toKeep(packet: FramePacket): FramePacket {
    if (this.session !== undefined) return packet;
    return { ...packet, payload: Buffer.from(packet.payload) };
  }

  rejected(reason: FrameRejection): void {
    this.#recorder.rejected();
    this.#oddities.add(`rejected packets (${reason})`);
    this.#options.events.oddity('rejected', reason, 1);
  }

  ignored(reason: IgnoredReason): void {
    this.#oddities.add(`ignored messages (${reason})`);
    this.#options.events.oddity('ignored', reason, 1);
  }

  closed(reason: CloseReason, detail: string): void {
    this.#answerStart({ state: 'failed', message: `disconnected (${detail})` });
    this.#keepParameterSets();
    this.#isGone = true;
    this.#oddities.flush();
    const ending = reason === 'silent' ? 'silent' : 'disconnected';
    const mayComeBack = reason !== 'violation' && !this.#stopping && this.#alias === undefined;
    const { wantedName } = this;
    const { resumeWindow } = this.#options;
    if (mayComeBack && wantedName !== undefined && resumeWindow.hold(wantedName, this, ending)) {
      this.#recorder.suspend();
    } else this.#recorder.disconnected(ending);
    this.#options.events.disconnected(this, reason, detail);
  }

  #identify(): void {
    if (this.#isCamera) return;
    this.#isCamera = true;
    this.#options.events.identified(this);
    this.offerResume();
  }

  #captureStarted(message: string): void {
    this.#rates = new RateMeter();
    if (this.#resume(message)) return;
    const session = this.#recorder.captureStarted(this.#options.recording.clock.now());
    this.#options.events.sessionStarted(this, session);
    session.opened.then(
      (sessionId) => {
        this.#options.events.sessionOpened(this, session);
        this.#answerStart({ state: 'started', sessionId, message });
      },
      (error: Error) => this.#answerStart({ state: 'failed', message: error.message }),
    );
  }

  /** Goes on with the session of the last connection, where one waits. */
  #resume(message: string): boolean {
    if (this.session !== undefined || this.#alias !== undefined || this.wantedName === undefined)
      return false;
    const waiting = this.#options.resumeWindow.take(this.wantedName);
    if (waiting === undefined) return false;
    const { session, awayMs } = waiting;
    this.#order = NO_ORDER;
    session.resumed(awayMs, (reason) => this.#sessionFailed(session, reason));
    this.#recorder.resume(session, this.#options.recording.clock.now());
    this.#options.events.sessionResumed(this, session, awayMs);
    session.opened.then(
      (sessionId) => this.#answerStart({ state: 'started', sessionId, message }),
      () => {},
    );
    return true;
  }

  #sessionFailed(session: SessionRecorder, reason: EndReason): void {
    if (this.session !== session) return;
    if (!this.#isGone) this.stop();
    this.endSession(reason);
  }

  #openSession(): SessionRecorder {
    const { recording } = this.#options;
    const order = this.#order;
    this.#order = NO_ORDER;
    const session = new SessionRecorder({
      context: recording,
      device: this.#sessionDevice(),
      order,
      inheritedParameterSets: this.#inheritedParameterSets(),
      onFailure: (reason) => this.#sessionFailed(session, reason),
    });
    return session;
  }

  /** Keeps what a session knew before it ends. */
  #keepParameterSets(): void {
    const { peer, parameterSets } = this.#options;
    const inForce = this.session?.parameterSets ?? [];
    if (inForce.length === 0) return;
    // Copies: the views would keep whole messages in memory.
    this.#parameterSets = inForce.map((nalUnit) => Uint8Array.from(nalUnit));
    if (peer.name !== undefined) parameterSets.remember(this.name, this.#parameterSets);
  }

  #inheritedParameterSets(): readonly Uint8Array[] {
    const { peer, parameterSets } = this.#options;
    if (this.#parameterSets.length > 0 || peer.name === undefined) return this.#parameterSets;
    return parameterSets.recall(this.name);
  }

  #sessionDevice(): SessionDevice {
    const { peer } = this.#options;
    const named = peer.name === undefined ? '' : safeName(this.name);
    return {
      id: this.id,
      name: this.name,
      model: this.#model ?? null,
      address: peer.address,
      directoryName: named || this.id,
    };
  }

  #answerStart(outcome: StartOutcome): void {
    this.#starting?.(outcome);
    this.#starting = undefined;
  }
}
