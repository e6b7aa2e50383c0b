/**
 * Plays a session in the page. The parts of one whose description changed play one after the other.
 */
import { printable } from '../../lib/base/printable.js';
import type { WebSession } from '../../lib/web/web-api.js';
import { element, setText } from '../elements.js';
import { head, sentenceOf } from '../server.js';

export class Player {
  readonly #dialog = element('#player', HTMLDialogElement);
  readonly #video = element('video', HTMLVideoElement, this.#dialog);
  readonly #title = element('#player-title', HTMLElement);
  readonly #parts = element('#player-parts', HTMLElement);
  readonly #choice = element('select', HTMLSelectElement, this.#parts);
  readonly #message = element('#player-message', HTMLElement);
  #urls: readonly string[] = [];

  constructor() {
    element('#player-close', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    );
    this.#dialog.addEventListener('close', () => {
      this.#video.removeAttribute('src');
      this.#video.load();
    });
    this.#choice.addEventListener('change', () => this.#load(Number(this.#choice.value)));
    this.#video.addEventListener('ended', () => {
      const next = Number(this.#choice.value) + 1;
      if (next < this.#urls.length) this.#load(next);
    });
    this.#video.addEventListener('error', () => void this.#failed());
  }

  /** Opens a session and begins to play. */
  open(session: WebSession): void {
    const { startedAt, urls } = session;
    const [device, label] = [session.device, session.label ?? ''].map(printable);
    const when = new Date(startedAt).toLocaleString();
    setText(this.#title, [device, label, when].filter(Boolean).join(' · '));
    this.#urls = urls.mp4;
    this.#parts.hidden = urls.mp4.length < 2;
    this.#choice.replaceChildren(
      ...urls.mp4.map((_, index) => new Option(String(index + 1), String(index))),
    );
    this.#dialog.showModal();
    this.#load(0);
  }

  #load(index: number): void {
    this.#choice.value = String(index);
    this.#message.hidden = true;
    this.#video.src = this.#urls[index] ?? '';
    // The browser may want the person to press play; the controls are there.
    this.#video.play().catch(() => {});
  }

  /** Browsers say the same of a film that they cannot play and of one that they do not get. */
  async #failed(): Promise<void> {
    const url = this.#video.getAttribute('src');
    if (url === null) return;
    const detail = this.#video.error?.message;
    const reason = await head(url).then(
      () => `This browser cannot play it${detail ? `: ${detail}` : ''}.`,
      sentenceOf,
    );
    if (this.#video.getAttribute('src') !== url) return;
    this.#message.hidden = false;
    setText(this.#message, reason);
  }
}
