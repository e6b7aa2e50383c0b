/**
 * The cameras of the monitor. Pictures are asked for only of those that can be seen.
 */
import type { DeviceStatus } from '../../lib/admin/protocol.js';
import type { LivePictureMessage } from '../../lib/web/live-protocol.js';
import { element } from '../elements.js';
import { type CameraActions, CameraCard } from './camera-card.js';
import { canDecode } from './live-picture.js';
import type { ServerClock } from './server-clock.js';

export interface CameraListOptions {
  readonly clock: ServerClock;
  readonly actions: CameraActions;
  /** Called with the cameras that can be seen, when they change. */
  readonly watch: (devices: readonly string[]) => void;
}

export class CameraList {
  readonly #options: CameraListOptions;
  readonly #list = element('#cameras', HTMLUListElement);
  readonly #none = element('#no-camera', HTMLElement);
  readonly #cards = new Map<string, CameraCard>();
  readonly #seen = new Set<string>();
  /** The camera that went with the focus in its card: it gets it back when it is there again, under whatever id. */
  #focused: string | undefined;
  readonly #observer: IntersectionObserver;

  constructor(options: CameraListOptions) {
    this.#options = options;
    this.#observer = new IntersectionObserver((entries) => this.#scrolled(entries), {
      rootMargin: '100px',
    });
    document.addEventListener('visibilitychange', () => this.#watch());
    if (canDecode()) return;
    const missing = element('#live-missing', HTMLElement);
    missing.hidden = false;
    missing.textContent = isSecureContext
      ? 'This browser cannot show live pictures: it has no WebCodecs.'
      : 'Browsers show live pictures only over https or on the machine itself: start camrec serve with --tls.';
  }

  /** Shows the cameras that are connected now, and no others. */
  show(devices: readonly DeviceStatus[]): void {
    const present = new Set(devices.map(({ id }) => id));
    for (const [id, card] of this.#cards) if (!present.has(id)) this.#remove(id, card);
    for (const device of devices) this.#card(device.id).show(device);
    this.#restoreFocus();
    this.#none.hidden = devices.length > 0;
    this.#watch();
  }

  /** Shows none: which are connected is not known. */
  clear(): void {
    this.show([]);
    this.#none.hidden = true;
  }

  picture(picture: LivePictureMessage): void {
    this.#cards.get(picture.device)?.picture(picture);
  }

  #card(id: string): CameraCard {
    const known = this.#cards.get(id);
    if (known !== undefined) return known;
    const card = new CameraCard(id, this.#options.clock, this.#options.actions);
    this.#cards.set(id, card);
    this.#list.append(card.root);
    this.#observer.observe(card.root);
    return card;
  }

  #remove(id: string, card: CameraCard): void {
    if (card.root.contains(document.activeElement)) this.#focused = card.name;
    this.#cards.delete(id);
    this.#seen.delete(id);
    this.#observer.unobserve(card.root);
    card.close();
  }

  /** Not where the person has gone elsewhere meanwhile. */
  #restoreFocus(): void {
    if (document.activeElement !== document.body) this.#focused = undefined;
    if (this.#focused === undefined) return;
    const card = [...this.#cards.values()].find(({ name }) => name === this.#focused);
    if (card === undefined) return;
    card.focus();
    this.#focused = undefined;
  }

  #scrolled(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const id = target instanceof HTMLElement ? (target.dataset['device'] ?? '') : '';
      if (isIntersecting && this.#cards.has(id)) this.#seen.add(id);
      else this.#seen.delete(id);
    }
    this.#watch();
  }

  #watch(): void {
    const isSeen = document.visibilityState === 'visible' && canDecode();
    this.#options.watch(isSeen ? [...this.#seen].sort() : []);
  }
}
