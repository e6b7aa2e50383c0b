/**
 * What one device records: its sessions one after the other, each with the order that it follows and the parameter
 * sets that it inherits, and the session of an earlier connection that it goes on with.
 */
import { CameraRecorder } from '../recording/camera-recorder.js';
import type { ReceivedPacket } from '../recording/received-packet.js';
import type {
  EndReason,
  FinishedSession,
  RecordingContext,
  SessionOrder,
} from '../recording/session-info.js';
import { SessionRecorder } from '../recording/session-recorder.js';
import type { DeviceIdentity } from './device-identity.js';
import type { DeviceLog } from './device-log.js';
import { InheritedParameterSets } from './inherited-parameter-sets.js';
import type { ParameterSetMemory } from './parameter-set-memory.js';
import { type Refusal, type RefusalReason, RefusedCapture } from './refused-capture.js';
import type { Resumable, ResumeWindow, WaitingSession } from './resume.js';

/** Sessions of one device that run or are being finished; an honest one has two where the disk is slow. */
export const MAX_UNFINISHED_SESSIONS = 8;

/** A capture of which nothing has come for so long is not the one that begins now. */
const SAME_CAPTURE_MS = 10_000;

const NO_ORDER: SessionOrder = { captureId: null, label: null, request: null };

export interface DeviceSessionsOptions {
  readonly recording: RecordingContext;
  readonly identity: DeviceIdentity;
  /** Wall clock minus monotonic clock by which the arrivals of packets are given. */
  readonly epochOffsetMs: number;
  readonly log: DeviceLog;
  /** The last parameter sets of each named device: they may serve after a reconnect. */
  readonly parameterSets: ParameterSetMemory;
  /** Where sessions wait for a camera that has lost its connection. */
  readonly resumeWindow: ResumeWindow;
  /** Whether the device was told to end its capture. */
  readonly isStopping: () => boolean;
  /** A session has begun; its directory may not be there yet. */
  readonly onBegun: (session: SessionRecorder) => void;
  /** The session that runs cannot go on: it is to be ended, for this reason. */
  readonly onFailure: (reason: EndReason) => void;
  readonly onFinished: (session: FinishedSession) => void;
  /** A packet came of a capture that has ended, or that is not recorded. */
  readonly onUnwanted: () => void;
}

/** At most one session at a time; those that finish behind it are awaited by `settled`. */
export class DeviceSessions implements Resumable {
  readonly #options: DeviceSessionsOptions;
  readonly #recorder: CameraRecorder;
  readonly #inherited: InheritedParameterSets;
  /** For the session that opens next. */
  #order: SessionOrder = NO_ORDER;
  #unfinished = 0;
  /** Monotonic time at which the device last said that it had begun. */
  #begunMs = 0;
  /** The capture that the device makes and that is not recorded. */
  #refused: RefusedCapture | undefined;

  constructor(options: DeviceSessionsOptions) {
    this.#options = options;
    this.#inherited = new InheritedParameterSets(options.identity, options.parameterSets);
    this.#recorder = new CameraRecorder({
      openSession: (after) => this.#openSession(after),
      isStopping: options.isStopping,
      finished: options.onFinished,
      unclaimed: (packets, reason) => options.log.oddity('unclaimed', reason, packets),
      leftover: options.onUnwanted,
    });
  }

  /** The one that runs, or waits for its camera to come back. */
  get session(): SessionRecorder | undefined {
    return this.#recorder.session;
  }

  /** Whether the capture that the device begins is the one that it has just begun: nothing has come between. */
  get isBegun(): boolean {
    if (!this.#recorder.awaitsFirstPacket) return false;
    return this.#options.recording.clock.monotonic() - this.#begunMs <= SAME_CAPTURE_MS;
  }

  /** Why no session may begin now, or nothing. */
  get refusal(): Refusal | undefined {
    if (this.#unfinished < MAX_UNFINISHED_SESSIONS) return undefined;
    const text = `${this.#unfinished} of its sessions are not finished yet`;
    return { reason: 'too-many-sessions', text };
  }

  /** What the device has sent so far. */
  get parameterSets(): readonly Uint8Array[] {
    return this.session?.parameterSets ?? this.#inherited.ofConnection;
  }

  /** The order of the session that waits for this device to come back, if one does. */
  get waitingOrder(): SessionOrder | undefined {
    const { identity, resumeWindow } = this.#options;
    const { ownName } = identity;
    return ownName === undefined ? undefined : resumeWindow.waitingFor(ownName)?.order;
  }

  /** Whether a packet can be held for a capture that has not begun, without giving up another. */
  canHold({ payload }: Pick<ReceivedPacket, 'payload'>): boolean {
    return this.#recorder.canHold(payload.length);
  }

  packet(packet: ReceivedPacket): void {
    if (this.#refused === undefined) this.#recorder.packet(packet);
    else if (this.#refused.owns(packet)) {
      this.#options.log.oddity('unclaimed', this.#refused.reason);
      this.#options.onUnwanted();
    } else {
      this.#refusedEnded();
      this.#recorder.packet(packet);
    }
  }

  /** A packet came that is none. */
  rejected(): void {
    this.#recorder.rejected();
  }

  /**
   * The device has begun a capture, under this order if it was told to: a session opens, and one that still runs ends.
   * `arrivalMs`: when it said so, on the clock of its packets.
   */
  begin(arrivalMs: number, order: SessionOrder = NO_ORDER): SessionRecorder {
    this.#order = order;
    this.#begunMs = this.#options.recording.clock.monotonic();
    this.#refusedEnded();
    this.#keepParameterSets();
    return this.#recorder.captureStarted(arrivalMs);
  }

  /** The device has begun a capture that is not recorded: what comes of it is counted. One that still runs ends. */
  refuse(reason: RefusalReason): void {
    this.#keepParameterSets();
    this.#refusedEnded();
    this.#recorder.captureRefused(reason);
    this.#refused = new RefusedCapture(reason);
  }

  /**
   * As `begin`, but goes on with the session of its last connection, where one waits. Under another order than that
   * session's, the device has begun another capture, and the session is over.
   */
  resume(arrivalMs: number, order: SessionOrder | undefined): WaitingSession | undefined {
    const { identity, resumeWindow } = this.#options;
    const { ownName } = identity;
    if (this.session !== undefined || ownName === undefined) return undefined;
    if (order !== undefined && order !== this.waitingOrder) resumeWindow.giveUp(ownName);
    const waiting = resumeWindow.take(ownName);
    if (waiting === undefined) return undefined;
    const { session, awayMs } = waiting;
    this.#begunMs = this.#options.recording.clock.monotonic();
    this.#refusedEnded();
    session.takeArrivalsBy(this.#options.epochOffsetMs);
    session.resumed(awayMs, (reason) => this.#failed(session, reason));
    this.#recorder.resume(session, arrivalMs);
    return waiting;
  }

  /** The device has ended its capture. False: none ran. */
  captureStopped(): boolean {
    this.#keepParameterSets();
    this.#refusedEnded();
    return this.#recorder.captureStopped();
  }

  /** Ends the session that runs, if one does, for a reason on this side. */
  endSession(reason: EndReason): void {
    this.#keepParameterSets();
    this.#recorder.end(reason);
  }

  /**
   * The connection, from which nothing had come for `silentForMs`, is gone: the session waits for a camera that may come
   * back, else it ends for this reason.
   */
  connectionLost(reason: EndReason, mayComeBack: boolean, silentForMs: number): void {
    const { identity, resumeWindow } = this.#options;
    const { ownName } = identity;
    // First: to wait may end another session under this name, and the newest is to be remembered last.
    this.#keepParameterSets();
    const isWaiting =
      mayComeBack && ownName !== undefined && resumeWindow.hold(ownName, this, reason, silentForMs);
    if (isWaiting) {
      this.#recorder.suspend();
      // From now on it is flushed at another time: what there is does not wait for that.
      this.session?.flush();
    } else this.#recorder.disconnected(reason);
  }

  /** Ends the session that waits for the device, for the reason that its connection was lost. */
  stopWaiting(): void {
    const { identity, resumeWindow } = this.#options;
    if (identity.ownName !== undefined) resumeWindow.giveUp(identity.ownName);
  }

  /** Several times a second. */
  tick(syncMs: number): void {
    this.session?.tick(syncMs);
    this.#options.log.watchOverload(this.session);
  }

  /** Gives the session that waits to the camera's next connection. */
  handOver(): SessionRecorder | undefined {
    return this.#recorder.handOver();
  }

  /** Resolves when all sessions are finished, without the one that runs. */
  settled(): Promise<void> {
    return this.#recorder.settled();
  }

  #openSession(after: SessionRecorder | undefined): SessionRecorder {
    const { recording, identity, epochOffsetMs, onBegun } = this.#options;
    // What the one that runs until now has learnt serves the next as well.
    if (after !== undefined) this.#keepParameterSets();
    const session = new SessionRecorder({
      context: recording,
      device: identity.sessionDevice,
      order: after?.order ?? this.#order,
      inheritedParameterSets: this.#inherited.forNextSession,
      onFailure: (reason) => this.#failed(session, reason),
    });
    session.takeArrivalsBy(epochOffsetMs);
    this.#unfinished += 1;
    session.finished.then(() => {
      this.#unfinished -= 1;
    });
    onBegun(session);
    return session;
  }

  #refusedEnded(): void {
    if (this.#refused === undefined) return;
    this.#recorder.refusedEnded(this.#refused.lastSequence);
    this.#refused = undefined;
  }

  #failed(session: SessionRecorder, reason: EndReason): void {
    if (this.session === session) this.#options.onFailure(reason);
  }

  #keepParameterSets(): void {
    this.#inherited.keep(this.session?.parameterSets ?? []);
  }
}
