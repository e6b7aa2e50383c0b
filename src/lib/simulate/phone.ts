/**
 * One simulated phone on one connection, as a state machine.
 *
 * idle ──start_capture──▶ opening ──camera open──▶ streaming ──stop_capture──▶ idle
 *
 * What the app ignores silently is ignored here as well: a start while not idle, a start without payload, a stop
 * while idle, and whatever it does not understand.
 */
import type { Clock } from '../base/clock.js';
import {
  type AspectRatio,
  type CaptureRequest,
  DEFAULT_CAPTURE_REQUEST,
  decodeCameraCommand,
} from '../wire/camera-commands.js';
import type { Behaviour } from './behaviour.js';
import { CaptureRun } from './capture-run.js';
import { type EncoderMessage, SimulatedEncoder } from './encoder.js';
import {
  capabilitiesMessage,
  captureStartedMessage,
  captureStoppedMessage,
  errorMessageOf,
  readyMessage,
} from './phone-messages.js';
import { type ClosedConnection, PhoneSocket } from './phone-socket.js';
import type { CaptureReport, DeviceReport, Initiator } from './report.js';
import { closestSample, type Sample } from './sample.js';
import type { Schedule } from './schedule.js';

/** `leaving`: the connection is ending and nothing is sent any more; `gone`: it has ended. */
export type PhoneState = 'idle' | 'opening' | 'streaming' | 'leaving' | 'gone';

/** What a phone tells while it works. */
export type PhoneEvent =
  | { readonly kind: 'capture-started'; readonly capture: number }
  | { readonly kind: 'capture-stopped'; readonly report: CaptureReport }
  | { readonly kind: 'closed'; readonly closed: ClosedConnection };

export interface PhoneOptions {
  readonly url: URL;
  /** Goes into the address as `?name=`; absent for a phone without one. */
  readonly name?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly behaviour: Behaviour;
  readonly samples: readonly [Sample, ...Sample[]];
  readonly schedule: Schedule;
  readonly clock: Clock;
  readonly onEvent?: ((event: PhoneEvent) => void) | undefined;
}

/** The ratio that stands in the app's own screen unless somebody changes it. */
const SCREEN_RATIO: AspectRatio = { width: 4, height: 3 };

/** A capture that runs or is about to. */
interface Running {
  readonly run: CaptureRun;
  readonly sample: Sample;
  readonly startedBy: Initiator;
}

export class SimulatedPhone {
  /** Resolves when the connection, once open, is closed. */
  readonly closed: Promise<ClosedConnection>;
  readonly #options: PhoneOptions;
  readonly #socket: PhoneSocket;
  #state: PhoneState = 'idle';
  #running: Running | undefined;
  #captures: CaptureReport[] = [];
  #begun = 0;
  #ignored = 0;
  #stale: EncoderMessage[] = [];
  #end: ClosedConnection | undefined;
  /** Owners of entries in the schedule. */
  readonly #opening = {};
  readonly #cutting = {};

  constructor(options: PhoneOptions) {
    this.#options = options;
    const url = new URL(options.url);
    if (options.name !== undefined) url.searchParams.set('name', options.name);
    let onClosed = (closed: ClosedConnection) => this.#gone(closed);
    this.closed = new Promise((resolve) => {
      onClosed = (closed) => {
        this.#gone(closed);
        resolve(closed);
      };
    });
    this.#socket = new PhoneSocket({
      url,
      insecure: options.insecure ?? false,
      onText: (text) => this.#command(text),
      onClosed,
    });
  }

  get state(): PhoneState {
    return this.#state === 'gone' || this.#socket.isOpen ? this.#state : 'leaving';
  }

  /** Connects and introduces itself. Rejects with CONNECTION_FAILED. */
  async connect(): Promise<void> {
    await this.#socket.open();
    this.#socket.send(readyMessage());
    this.#socket.send(capabilitiesMessage(this.#options.behaviour.model));
    if (this.#options.behaviour.autostart) this.startCapture();
  }

  /** Somebody presses the start button on the phone. */
  startCapture(): void {
    if (this.#state === 'idle') this.#open(undefined);
  }

  /** Somebody presses the stop button on the phone. */
  stopCapture(): void {
    this.#stop('phone');
  }

  /** Ends a running capture in good order, then leaves. */
  leave(by: Initiator = 'simulation'): void {
    this.#stop(by);
    this.#socket.close();
  }

  /** Cuts the connection without a goodbye. */
  cut(): void {
    this.#abandonCapture('phone');
    this.#socket.cut();
  }

  /** What it has sent so far; a capture that runs is not yet in it. */
  report(): DeviceReport {
    return {
      name: this.#options.name ?? null,
      model: this.#options.behaviour.model,
      connection: this.#end ?? { end: 'open', code: null, detail: '' },
      ignoredCommands: this.#ignored,
      captures: [...this.#captures],
    };
  }

  #command(text: string): void {
    const command = decodeCameraCommand(text);
    if (command?.command === 'start_capture' && this.#state === 'idle') {
      this.#answerStart(command.request);
    } else if (command?.command === 'stop_capture' && this.#state !== 'idle') {
      this.#stop('command');
    } else {
      this.#ignored += 1;
    }
  }

  #answerStart(request: CaptureRequest): void {
    const { onStart } = this.#options.behaviour;
    if (onStart === 'capture') this.#open(request);
    else if (onStart === 'error') this.#socket.send(errorMessageOf('Camera is in use'));
  }

  #open(request: CaptureRequest | undefined): void {
    const { behaviour, clock, schedule } = this.#options;
    this.#state = 'opening';
    if (behaviour.startDelayMs === 0) this.#stream(request);
    else {
      const openAt = clock.monotonic() + behaviour.startDelayMs;
      schedule.at(this.#opening, openAt, () => this.#stream(request));
    }
  }

  #stream(request: CaptureRequest | undefined): void {
    const { behaviour, clock, name = '', samples, schedule } = this.#options;
    this.#state = 'streaming';
    this.#begun += 1;
    const capture = this.#begun;
    const ratio = request?.aspectRatio ?? SCREEN_RATIO;
    const sample = closestSample(samples, ratio);
    const run = new CaptureRun({
      encoder: new SimulatedEncoder({ sample, behaviour, name, capture, request }),
      behaviour,
      schedule,
      clock,
      send: (data) => this.#socket.send(data),
      announce: () => {
        this.#socket.send(captureStartedMessage(request ?? DEFAULT_CAPTURE_REQUEST, ratio));
        this.#options.onEvent?.({ kind: 'capture-started', capture });
      },
      onFull: () => this.#stop('phone'),
    });
    this.#running = { run, sample, startedBy: request === undefined ? 'phone' : 'command' };
    for (const message of this.#stale.splice(0)) {
      if (this.#socket.send(message.data)) run.tally.sentAfterStop();
    }
    if (behaviour.disconnectAfterMs !== undefined) {
      const cutAt = clock.monotonic() + behaviour.disconnectAfterMs;
      schedule.at(this.#cutting, cutAt, () => this.cut());
    }
    run.begin();
  }

  #stop(by: Initiator): void {
    const running = this.#running;
    if (this.#state === 'opening') this.#cancelOpening();
    if (running === undefined) return;
    const { lateFrames, maxCaptures, staleFrames } = this.#options.behaviour;
    const { run } = running;
    run.finish();
    this.#socket.send(captureStoppedMessage());
    for (const message of run.afterStop(lateFrames)) {
      if (this.#socket.send(message.data)) run.tally.sentAfterStop();
    }
    this.#stale = run.afterStop(staleFrames);
    this.#ended(running, this.#socket.isOpen ? by : 'connection');
    if (maxCaptures !== undefined && this.#begun >= maxCaptures) this.#socket.close();
  }

  /** The camera was still being opened: the app reports a stop all the same. */
  #cancelOpening(): void {
    this.#options.schedule.cancel(this.#opening);
    this.#state = 'idle';
    this.#socket.send(captureStoppedMessage());
  }

  #gone(closed: ClosedConnection): void {
    this.#end = closed;
    this.#abandonCapture('connection');
    this.#options.schedule.cancel(this.#opening);
    this.#state = 'gone';
    this.#options.onEvent?.({ kind: 'closed', closed });
  }

  /** Ends the capture without telling the server. */
  #abandonCapture(by: Initiator): void {
    const running = this.#running;
    if (running === undefined) return;
    running.run.abandon();
    this.#ended(running, by);
  }

  #ended({ run, sample, startedBy }: Running, stoppedBy: Initiator): void {
    this.#running = undefined;
    this.#state = 'idle';
    this.#options.schedule.cancel(this.#cutting);
    const about = { capture: this.#begun, sample: sample.name, startedBy, stoppedBy };
    const report = run.tally.report(about);
    this.#captures.push(report);
    this.#options.onEvent?.({ kind: 'capture-stopped', report });
  }
}
