/**
 * What can be chosen on the camera page, kept in the browser.
 */
import { element } from '../elements.js';
import type { Ratio } from './picture-area.js';

const KEY = 'camrec.camera';

const NAMES = ['name', 'camera', 'size', 'aspect'] as const;

export type SettingName = (typeof NAMES)[number];

export class Settings {
  readonly #form = element('#settings', HTMLFormElement);
  readonly #changed: (name: SettingName) => void;
  /** The name that it goes by: not what is being typed, and none that was typed during a capture before that ends. */
  #name = '';
  #isLocked = false;

  constructor(changed: (name: SettingName) => void) {
    this.#changed = changed;
    const kept = this.#kept();
    const asked = new URL(location.href).searchParams;
    for (const name of NAMES) {
      const value = asked.get(name) ?? kept[name];
      if (value !== undefined) this.#set(name, value);
      this.#field(name).addEventListener('change', () => {
        if (!this.#isLocked) this.#take(name);
      });
    }
    this.#nameIt();
    this.#keep();
    this.#form.addEventListener('submit', (event) => event.preventDefault());
  }

  get name(): string {
    return this.#name;
  }

  /** The id of the chosen camera; empty before one was chosen. */
  get camera(): string {
    return this.#field('camera').value || (this.#kept().camera ?? '');
  }

  get size(): Ratio {
    const [width = 1280, height = 720] = this.#field('size').value.split('x').map(Number);
    return { width, height };
  }

  /** The ratio for orders that name none. */
  get aspect(): Ratio | undefined {
    const [width, height] = this.#field('aspect').value.split(':').map(Number);
    return width === undefined || height === undefined ? undefined : { width, height };
  }

  /** Shows the cameras that there are, and which one is in use. */
  showCameras(cameras: readonly MediaDeviceInfo[], inUse: string | undefined): void {
    const options = cameras.map(
      ({ deviceId, label }, index) => new Option(label || `Camera ${index + 1}`, deviceId),
    );
    this.#field('camera').replaceChildren(...options);
    if (inUse !== undefined) this.#set('camera', inUse);
  }

  /** During a capture the picture stays as it is. */
  lock(isLocked: boolean): void {
    this.#isLocked = isLocked;
    for (const name of NAMES) {
      const field = this.#field(name);
      // One that is disabled would lose the focus of who is typing.
      if (field instanceof HTMLInputElement) field.readOnly = isLocked;
      else field.disabled = isLocked;
    }
    const isTyping = document.activeElement === this.#field('name');
    const isOther = this.#field('name').value.trim() !== this.#name;
    if (!isLocked && !isTyping && isOther) this.#take('name');
  }

  #take(name: SettingName): void {
    this.#nameIt();
    this.#keep();
    this.#changed(name);
  }

  /** Without a name it could not come back to its session. */
  #nameIt(): void {
    if (this.#field('name').value.trim() === '') this.#set('name', inventedName());
    this.#name = this.#field('name').value.trim();
  }

  #field(name: SettingName): HTMLInputElement | HTMLSelectElement {
    const field = this.#form.elements.namedItem(name);
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) return field;
    throw new Error(`no field ${name}`);
  }

  #set(name: SettingName, value: string): void {
    const field = this.#field(name);
    const before = field.value;
    field.value = value;
    // A choice that is not there any more.
    if (field instanceof HTMLSelectElement && field.value === '') field.value = before;
  }

  #kept(): Partial<Record<SettingName, string>> {
    try {
      return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Record<SettingName, string>>;
    } catch {
      return {};
    }
  }

  #keep(): void {
    const values = Object.fromEntries(NAMES.map((name) => [name, this.#field(name).value]));
    try {
      localStorage.setItem(KEY, JSON.stringify({ ...values, camera: this.camera }));
    } catch {
      // A browser that keeps nothing: it asks again next time.
    }
  }
}

/** Tells this browser from others like it. */
function inventedName(): string {
  const [number = 0] = crypto.getRandomValues(new Uint16Array(1));
  return `browser-${number.toString(36).padStart(4, '0')}`;
}
