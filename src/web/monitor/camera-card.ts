/**
 * One camera on the monitor: its picture, its figures, its buttons.
 */
import type { DeviceState, DeviceStatus } from '../../lib/admin/protocol.js';
import { formatRate } from '../../lib/base/format.js';
import { printable } from '../../lib/base/printable.js';
import type { LivePictureMessage } from '../../lib/web/live-protocol.js';
import { copyOf, element, part, setPill, setText } from '../elements.js';
import { DelayMeter } from './delay.js';
import { LivePicture } from './live-picture.js';
import { pageNowMs, type ServerClock } from './server-clock.js';

const DELAY_SHOWN_EVERY_MS = 500;

/** Without a picture for so long, the delay says nothing any more. */
const STALE_AFTER_MS = 3_000;

const MOODS: Record<DeviceState, string> = {
  idle: 'good',
  starting: 'warning',
  recording: 'live',
  stopping: 'warning',
};

export interface CameraActions {
  start(device: string): void;
  stop(device: string): void;
}

export class CameraCard {
  readonly root = copyOf('camera-template');
  readonly #delay = new DelayMeter();
  readonly #picture: LivePicture;
  readonly #canvas = element('canvas', HTMLCanvasElement, this.root);
  readonly #start = element('[data-part="start"]', HTMLButtonElement, this.root);
  readonly #stop = element('[data-part="stop"]', HTMLButtonElement, this.root);
  #paintedAtMs = 0;
  #delayShownAtMs = 0;

  constructor(device: string, clock: ServerClock, actions: CameraActions) {
    this.root.dataset['device'] = device;
    this.#picture = new LivePicture(this.#canvas, {
      painted: (times) => {
        const nowMs = pageNowMs();
        const shownMs = clock.toServer(nowMs);
        if (shownMs !== undefined) this.#delay.add(times, shownMs);
        this.#painted(nowMs);
      },
      undecodable: (reason) => this.#say(`This browser cannot show the picture: ${reason}`),
    });
    this.#start.addEventListener('click', () => actions.start(device));
    this.#stop.addEventListener('click', () => actions.stop(device));
    // Held down, it would start and stop in turns, since the focus goes from one to the other.
    this.root.addEventListener('keydown', (event) => {
      if (event.repeat && event.key === 'Enter') event.preventDefault();
    });
  }

  /** Shows the figures. */
  show(status: DeviceStatus): void {
    const { model, address, state, fps, bitrate, frames, lost } = status;
    const name = printable(status.name);
    const isActive = state !== 'idle';
    setText(part(this.root, 'name'), name);
    setPill(part(this.root, 'state'), state, MOODS[state]);
    setText(part(this.root, 'model'), printable([model, address].filter(Boolean).join(' · ')));
    setText(part(this.root, 'fps'), isActive ? formatRate(fps) : '–');
    setText(part(this.root, 'bitrate'), isActive ? (bitrate / 1e6).toFixed(1) : '–');
    setText(part(this.root, 'frames'), isActive ? String(frames) : '–');
    setText(part(this.root, 'lost'), isActive ? String(lost) : '–');
    part(this.root, 'lost').classList.toggle('has-lost', isActive && lost > 0);
    this.#canvas.setAttribute('aria-label', `Live picture of ${name}`);
    this.#start.setAttribute('aria-label', `Start ${name}`);
    this.#stop.setAttribute('aria-label', `Stop ${name}`);
    this.#enable(state);
    if (pageNowMs() - this.#paintedAtMs > STALE_AFTER_MS) {
      part(this.root, 'delay').hidden = true;
      this.#delay.reset();
    }
  }

  picture(picture: LivePictureMessage): void {
    this.#picture.add(picture);
  }

  /** As shown. */
  get name(): string {
    return part(this.root, 'name').textContent;
  }

  /** The focus, for the button that can do something. */
  focus(): void {
    (this.#start.disabled ? this.#stop : this.#start).focus({ preventScroll: true });
  }

  close(): void {
    this.#picture.close();
    this.root.remove();
  }

  /** A button that can do nothing takes no focus: the other one gets it, so one of them is always there. */
  #enable(state: DeviceState): void {
    const { activeElement } = document;
    this.#start.disabled = state !== 'idle';
    this.#stop.disabled = state === 'idle';
    if (activeElement === this.#start && this.#start.disabled) this.#stop.focus();
    if (activeElement === this.#stop && this.#stop.disabled) this.#start.focus();
  }

  #painted(nowMs: number): void {
    this.#paintedAtMs = nowMs;
    part(this.root, 'waiting').hidden = true;
    if (nowMs - this.#delayShownAtMs < DELAY_SHOWN_EVERY_MS) return;
    const { delay } = this.#delay;
    if (delay === undefined) return;
    this.#delayShownAtMs = nowMs;
    const badge = part(this.root, 'delay');
    badge.hidden = false;
    badge.dataset['ms'] = String(Math.round(delay.ms));
    setText(badge, `${delay.atLeast ? '≥ ' : ''}${Math.round(delay.ms)} ms`);
    badge.title = delay.atLeast
      ? 'Delay to this screen above the least delayed picture: this camera’s clock is not known'
      : 'Delay from the camera to this screen';
  }

  #say(text: string): void {
    const waiting = part(this.root, 'waiting');
    waiting.hidden = false;
    setText(waiting, text);
  }
}
