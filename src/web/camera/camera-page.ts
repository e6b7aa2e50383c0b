/**
 * The browser camera: opens the device's camera, stays connected, and captures when the server says so.
 */
import { Capture } from './capture.js';
import { CaptureClock, serverOffset } from './capture-clock.js';
import type { CaptureOrder, Command } from './command.js';
import { capabilitiesOf, listCameras, openCamera } from './device-camera.js';
import { readFrames } from './frame-reader.js';
import { cameraProblem, missingInBrowser, type Problem } from './problem.js';
import { RESUME_WITHIN_MS, ServerLink } from './server-link.js';
import { Settings } from './settings.js';
import type { CameraView } from './view.js';

interface Running {
  readonly capture: Capture;
  readonly stopReading: () => void;
  readonly startedMessage: () => string;
  readonly startedAtMs: number;
}

export class CameraPage {
  readonly #view: CameraView;
  readonly #settings: Settings;
  readonly #link: ServerLink;
  #stream: MediaStream | undefined;
  #running: Running | undefined;
  /** A capture is being prepared or ended: another command waits for it. */
  #busy: Promise<void> = Promise.resolve();
  #givingUp: ReturnType<typeof setTimeout> | undefined;
  /** Why the server was not reached at the last try. */
  #unreachable: string | undefined;
  /** Counts tries to open a camera: the last one holds. */
  #tries = 0;

  constructor(view: CameraView) {
    this.#view = view;
    this.#settings = new Settings((name) => {
      if (name === 'name') this.#renamed();
      else if (name !== 'aspect') void this.open();
    });
    this.#link = new ServerLink(() => this.#settings.name, {
      connected: () => void this.#connected(),
      disconnected: () => this.#disconnected(),
      unreachable: (reason) => {
        this.#unreachable = reason;
      },
      command: (command) => this.#command(command),
      keyNeeded: () => this.#running?.capture.wantKey(),
    });
    setInterval(() => this.#show(), 500);
  }

  /** Opens the camera, or another one, and connects. */
  async open(): Promise<void> {
    const missing = missingInBrowser();
    if (missing !== undefined) {
      this.#fail(missing);
      return;
    }
    this.#view.problem(undefined);
    this.#closeCamera();
    this.#tries += 1;
    const thisTry = this.#tries;
    const { camera, size } = this.#settings;
    const opened = await openCamera(camera, size).catch(cameraProblem);
    if (thisTry !== this.#tries) {
      // Something else was chosen while it opened.
      if (opened instanceof MediaStream) stopTracks(opened);
      return;
    }
    if (!(opened instanceof MediaStream)) {
      this.#fail(opened);
      return;
    }
    this.#stream = opened;
    const track = this.#track;
    this.#view.preview(this.#stream);
    track?.addEventListener('ended', () => this.#cameraLost());
    this.#settings.showCameras(await listCameras(), track?.getSettings().deviceId);
    if (this.#link.isOpen) void this.#describe();
    else this.#link.connect();
    this.#show();
  }

  get #track(): MediaStreamTrack | undefined {
    return this.#stream?.getVideoTracks()[0];
  }

  /** Says who this is, and that a capture goes on where one does. */
  async #connected(): Promise<void> {
    clearTimeout(this.#givingUp);
    this.#unreachable = undefined;
    this.#link.status('ready', 'Browser camera ready');
    const { capture, startedMessage } = this.#running ?? {};
    if (capture?.isRunning && startedMessage) {
      this.#link.status('capture_started', startedMessage());
    }
    this.#show();
    await this.#describe();
  }

  async #describe(): Promise<void> {
    const track = this.#track;
    if (track !== undefined) this.#link.capabilities(await capabilitiesOf(track));
  }

  /** Once for each connection that breaks: tries that fail afterwards give a capture no more time. */
  #disconnected(): void {
    this.#show();
    if (this.#running === undefined) return;
    clearTimeout(this.#givingUp);
    this.#givingUp = setTimeout(() => this.#enqueue(() => this.#end()), RESUME_WITHIN_MS);
  }

  #command(command: Command): void {
    switch (command.command) {
      case 'start':
        this.#enqueue(() => this.#begin(command.order));
        break;
      case 'stop':
        this.#enqueue(() => this.#end());
        break;
    }
  }

  /** Commands are carried out one after the other. */
  #enqueue(work: () => Promise<void>): void {
    this.#busy = this.#busy.then(work).catch((error) => {
      this.#link.status('error', error instanceof Error ? error.message : String(error));
    });
  }

  /** A start while a capture runs is silently nothing, as in the app. */
  async #begin(order: CaptureOrder): Promise<void> {
    if (this.#running !== undefined) return;
    const clock = new CaptureClock(await serverOffset());
    // Looked at only now: both may have gone while the server was asked.
    const track = this.#track;
    if (track === undefined) this.#link.status('error', 'The camera is not open');
    if (track === undefined || !this.#link.isOpen) return;
    let message = '';
    const capture = new Capture({
      order,
      ownRatio: this.#settings.aspect,
      clock,
      sink: this.#link,
      started: (text) => {
        message = text;
        this.#link.status('capture_started', text);
        this.#show();
      },
      failed: (text) => {
        this.#link.status('error', text);
        this.#enqueue(() => this.#end());
      },
    });
    this.#link.forget();
    const stopReading = readFrames(track, this.#view.previewElement, (frame) =>
      capture.take(frame),
    );
    const startedMessage = () => message;
    this.#running = { capture, stopReading, startedMessage, startedAtMs: performance.now() };
    this.#settings.lock(true);
    this.#show();
  }

  /** A stop while nothing runs is silently nothing. */
  async #end(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    clearTimeout(this.#givingUp);
    running.stopReading();
    await running.capture.stop();
    this.#running = undefined;
    const { hasStarted, figures } = running.capture;
    const { pictures } = figures;
    if (hasStarted) this.#link.status('capture_stopped', `Stopped after ${pictures} pictures`);
    this.#link.forget();
    this.#settings.lock(false);
    this.#show();
  }

  #renamed(): void {
    // Without a camera it is none, and connects when it has one.
    if (this.#stream !== undefined || this.#link.isOpen) this.#link.connect();
  }

  #cameraLost(): void {
    const title = 'The camera is gone';
    this.#link.status('error', title);
    this.#enqueue(() => this.#end());
    this.#closeCamera();
    this.#fail({
      title,
      advice: 'It was disconnected, or another app has taken it.',
      canRetry: true,
    });
  }

  #closeCamera(): void {
    if (this.#stream !== undefined) stopTracks(this.#stream);
    this.#stream = undefined;
  }

  #fail(problem: Problem): void {
    this.#view.problem(problem, () => void this.open());
    this.#view.state('no camera', 'warning');
    this.#view.figures(undefined, 0);
  }

  #show(): void {
    if (this.#stream === undefined) return;
    const { capture, startedAtMs = 0 } = this.#running ?? {};
    const isOpen = this.#link.isOpen;
    if (capture?.isRunning) {
      this.#view.state(isOpen ? 'recording' : 'reconnecting', isOpen ? 'live' : 'warning');
      this.#view.figures(capture.figures, performance.now() - startedAtMs);
    } else {
      this.#view.state(isOpen ? 'ready' : 'connecting', isOpen ? 'good' : 'warning');
      this.#view.figures(undefined, 0);
    }
    this.#view.server(location.host, isOpen, this.#unreachable);
  }
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
