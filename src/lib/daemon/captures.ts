/**
 * Starting and stopping captures on many cameras at once, and waiting for each.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type {
  CaptureDevice,
  CaptureProgress,
  StartCaptureParams,
  StartCaptureResult,
  StopCaptureParams,
  StopCaptureResult,
} from '../admin/protocol.js';
import type { Clock } from '../base/clock.js';
import { selectDevices } from '../base/device-selector.js';
import { CamrecError } from '../base/errors.js';
import { count } from '../base/format.js';
import { goesOn, type SessionSummary } from '../base/session-summary.js';
import type { FinishedSession, SessionOrder } from '../recording/session-info.js';
import type { SessionRecorder } from '../recording/session-recorder.js';
import { settleWithin } from '../recording/settle.js';
import { summarize } from '../storage/catalogue.js';
import type { StartOutcome } from './capture-conversation.js';
import type { Device } from './device.js';
import { UnstoppedSessions } from './unstopped-sessions.js';

/** Captures whose finished sessions are remembered, for a `capture stop` that comes after them. */
const MAX_CAPTURES = 64;

export interface CapturesOptions {
  readonly clock: Clock;
  /** The recordings directory, absolute. */
  readonly directory: string;
  /** The cameras that are connected now. */
  readonly cameras: () => readonly Device[];
  /** Why no session may begin now, or nothing. */
  readonly refusal: () => string | undefined;
}

export class Captures {
  readonly #options: CapturesOptions;
  /** Sessions that run or are being finished, by their recorder. */
  readonly #live = new Map<SessionRecorder, Device>();
  readonly #finished = new Map<string, SessionSummary[]>();
  readonly #unstopped = new UnstoppedSessions();
  /** Sessions that somebody has stopped, and will be told of. */
  readonly #toldToStop = new WeakSet<SessionRecorder>();
  /** What cameras that were told to begin will answer, while somebody waits for it. */
  readonly #starting = new Map<Device, Promise<StartOutcome>>();
  /** Orders to begin that wait for their phone to stop; the first comes first. */
  readonly #waiting = new Set<{ readonly device: Device; readonly order: SessionOrder }>();

  constructor(options: CapturesOptions) {
    this.#options = options;
  }

  /** A session has begun. */
  started(device: Device, session: SessionRecorder): void {
    this.#live.set(session, device);
    session.finished.then((finished) => {
      this.#live.delete(session);
      this.#remember(finished);
      if (!this.#toldToStop.has(session)) this.#unstopped.add(this.#finishedSummary(finished));
    });
  }

  /** A device goes on with the session of another. */
  moved(session: SessionRecorder, device: Device): void {
    if (this.#live.has(session)) this.#live.set(session, device);
  }

  /** Sessions that run or are being finished. */
  get liveSessions(): SessionSummary[] {
    return [...this.#live.keys()].map((session) => this.#summary(session));
  }

  async start(
    params: StartCaptureParams,
    progress: (device: CaptureProgress) => void,
  ): Promise<StartCaptureResult> {
    const devices = selectDevices(params.devices, this.#options.cameras());
    if (devices.length === 0) {
      throw noCamera(
        'Connect one to the address that camrec status shows, or wait: --wait-devices 1.',
      );
    }
    const { bitrate, fps, aspectRatio } = params;
    const order: SessionOrder = {
      captureId: randomUUID(),
      label: params.label ?? null,
      request: { bitrate, fps, aspectRatio },
    };
    const results = await Promise.all(
      devices.map((device) => this.#startOne(device, order, params.timeoutMs, progress)),
    );
    return { capture: { id: order.captureId ?? '', label: order.label }, devices: results };
  }

  async #startOne(
    device: Device,
    order: SessionOrder,
    timeoutMs: number,
    progress: (device: CaptureProgress) => void,
  ): Promise<CaptureDevice> {
    const told = <State>(state: State, message: string | null, sessionId: string | null) => ({
      id: device.id,
      name: device.name,
      state,
      sessionId,
      message,
    });
    const finish = (result: CaptureDevice) => {
      progress(result);
      return result;
    };
    const { clock } = this.#options;
    const dueMs = clock.monotonic() + timeoutMs;
    if (device.state !== 'recording') progress(told('starting', null, null));
    if (device.state === 'stopping') {
      const problem = await this.#stopped(device, order, timeoutMs);
      if (problem !== undefined) return finish(told('failed', problem, null));
    }
    if (device.session !== undefined) {
      return finish(told('already-recording', 'it records already', device.session.id ?? null));
    }
    const refusal = this.#options.refusal();
    if (refusal !== undefined) return finish(told('failed', refusal, null));
    const earlier = this.#starting.get(device);
    const answer = earlier ?? device.start(order);
    const byOther = earlier === undefined ? null : 'told by another capture start';
    if (timeoutMs === 0) return finish(told('requested', byOther, null));
    if (earlier === undefined) this.#starting.set(device, answer);
    const waitMs = Math.max(0, dueMs - clock.monotonic());
    const outcome = await settleWithin(clock, waitMs, answer);
    if (earlier === undefined) this.#starting.delete(device);
    if (outcome === undefined) {
      return finish(told('timeout', `no answer within ${timeoutMs / 1000} s`, null));
    }
    if (outcome.state === 'failed') return finish(told('failed', outcome.message, null));
    // Once it has begun under the first order it ignores what it was told after that.
    return finish(
      byOther === null
        ? told('started', outcome.message, outcome.sessionId)
        : told('already-recording', byOther, outcome.sessionId),
    );
  }

  /** Waits for a phone to stop: one that films on ignores a start. Resolves with why it cannot be told to begin, or nothing. */
  async #stopped(
    device: Device,
    order: SessionOrder,
    timeoutMs: number,
  ): Promise<string | undefined> {
    const { clock, cameras } = this.#options;
    const waiting = { device, order };
    this.#waiting.add(waiting);
    await settleWithin(clock, timeoutMs, device.session?.finished);
    if (!this.#waiting.delete(waiting)) return 'told to end before it had begun';
    if (!cameras().includes(device)) return 'it has disconnected';
    return device.state === 'stopping' ? 'it was told to stop, and has not yet' : undefined;
  }

  async stop(params: StopCaptureParams): Promise<StopCaptureResult> {
    const { captureId, timeoutMs } = params;
    const cameras = this.#options.cameras();
    // What has begun is to be stopped, though it is not known yet which session it goes on with.
    for (const camera of cameras) camera.beginHeld();
    if (cameras.length === 0 && this.#live.size === 0 && captureId === undefined) {
      throw noCamera(nothingRecorded(this.#unstopped.take(() => true)));
    }
    const known = new Set([...cameras, ...this.#live.values()]);
    // A camera that has come back is one with those that it was, whose sessions wait for it or are being finished.
    const isOne = (one: Device, other: Device) =>
      one.name === other.name && !(cameras.includes(one) && cameras.includes(other));
    const wanted = new Set(selectDevices(params.devices, [...known], isOne));
    const isMeant = (order: SessionOrder) =>
      captureId === undefined || order.captureId === captureId;
    const sessions = [...this.#live].filter(
      ([session, device]) => wanted.has(device) && isMeant(session.order),
    );
    for (const [session] of sessions) this.#toldToStop.add(session);
    const names = params.devices?.length ? new Set([...wanted].map(({ name }) => name)) : undefined;
    const endedBefore = this.#unstopped.take((session) =>
      captureId === undefined
        ? (names?.has(session.device) ?? true)
        : session.captureId === captureId,
    );
    const running = sessions.filter(([session, device]) => device.session === session);
    const recording = new Set(running.map(([, device]) => device));
    // One that went on in another session has that under the same order.
    const isOver = ([session, device]: [SessionRecorder, Device]) =>
      device.session?.order !== session.order ||
      (device.session === session && device.state === 'stopping');
    const over = sessions.map(isOver);
    for (const waiting of this.#waiting) {
      if (wanted.has(waiting.device) && isMeant(waiting.order)) this.#waiting.delete(waiting);
    }
    for (const device of wanted) {
      // A camera that was told to begin and has not answered, however long ago, may still do so.
      const mayBegin = device.order !== undefined && isMeant(device.order);
      if (recording.has(device) || mayBegin) device.stop();
    }
    const before = this.#finished.get(captureId ?? '') ?? [];
    const now = await Promise.all(
      sessions.map(async ([session]) => {
        const finished = await settleWithin(this.#options.clock, timeoutMs, session.finished);
        return finished === undefined ? this.#summary(session) : this.#finishedSummary(finished);
      }),
    );
    const all = [...before, ...now];
    if (captureId === undefined) return { sessions: all, endedBefore };
    const ended = [...before, ...now.filter((_, index) => over[index])];
    const endedEarly = ended.filter((session) => !goesOn(session)).map(({ id }) => id);
    return { sessions: all, endedEarly };
  }

  #summary(session: SessionRecorder): SessionSummary {
    const { manifest } = session;
    return summarize(join(this.#options.directory, manifest.id), manifest);
  }

  #finishedSummary({ directory, manifest }: FinishedSession): SessionSummary {
    return summarize(directory, manifest);
  }

  #remember(finished: FinishedSession): void {
    const { captureId } = finished.manifest;
    if (captureId === null) return;
    const sessions = this.#finished.get(captureId) ?? [];
    this.#finished.set(captureId, [...sessions, this.#finishedSummary(finished)]);
    const [oldest] = this.#finished.keys();
    if (this.#finished.size > MAX_CAPTURES && oldest !== undefined) this.#finished.delete(oldest);
  }
}

/** What there is to say where no camera is connected; `ended` has not been told yet. */
function nothingRecorded(ended: readonly SessionSummary[]): string {
  const endings = ended.map(({ device, reasonText }) => `${device}: ${reasonText}.`);
  const [first, ...more] = endings;
  const rest = more.length > 0 ? ` And ${count(more.length, 'other session')}.` : '';
  const before = first === undefined ? '' : ` A recording had ended before. ${first}${rest}`;
  return `Nothing is being recorded.${before} camrec sessions list shows what has been.`;
}

function noCamera(hint: string): CamrecError {
  return new CamrecError('NO_CAMERA', 'No phone is connected.', { hint });
}
