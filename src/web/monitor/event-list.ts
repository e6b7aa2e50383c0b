/**
 * The log of events, newest last, in sentences.
 */
import type { DaemonEvent } from '../../lib/admin/protocol.js';
import { count, formatDuration } from '../../lib/base/format.js';
import { printable } from '../../lib/base/printable.js';
import type { TimedEvent } from '../../lib/web/live-protocol.js';
import { element } from '../elements.js';

const MAX_SHOWN = 200;

export class EventList {
  readonly #list = element('#events', HTMLElement);
  /** What each line tells, oldest first. */
  #shown: string[] = [];

  constructor() {
    // It scrolls: the keyboard has to get at it.
    this.#list.tabIndex = 0;
  }

  /** Shows those of the latest events that came while there was no connection: each line that is added is read out. */
  catchUp(events: readonly TimedEvent[]): void {
    this.#append(events.filter((event) => !this.#shown.includes(JSON.stringify(event))));
  }

  add({ atMs, event }: TimedEvent): void {
    this.#append([{ atMs, event }]);
  }

  #append(events: readonly TimedEvent[]): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    const wasAtEnd = scrollHeight - scrollTop - clientHeight < 8;
    this.#list.append(...events.map(line));
    while (this.#list.childElementCount > MAX_SHOWN) this.#list.firstElementChild?.remove();
    const told = events.map((event) => JSON.stringify(event));
    this.#shown = [...this.#shown, ...told].slice(-MAX_SHOWN);
    if (wasAtEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }
}

function line({ atMs, event }: TimedEvent): HTMLElement {
  const time = document.createElement('time');
  const date = new Date(atMs);
  time.dateTime = date.toISOString();
  time.textContent = date.toLocaleTimeString();
  const text = document.createElement('span');
  text.textContent = printable(sentence(event));
  const item = document.createElement('p');
  item.append(time, text);
  return item;
}

/** What happened, as a sentence. */
export function sentence(event: DaemonEvent): string {
  switch (event.event) {
    case 'device.connected':
      return `${event.device.name} connected`;
    case 'device.capabilities': {
      const { name, model } = event.device;
      return model === null ? `${name} does not say what it is` : `${name} is a ${model}`;
    }
    case 'device.disconnected':
      return `${event.device.name} disconnected: ${event.reason}`;
    case 'device.error':
      return `${event.device.name} reports an error: ${event.message}`;
    case 'session.opened':
      return `${event.session.device} records`;
    case 'session.finished': {
      const { device, state, reasonText, frames, lost, durationMs } = event.session;
      const figures = `${count(frames, 'frame')}, ${lost} lost, ${formatDuration(durationMs)}`;
      return state === 'failed'
        ? `${device} failed: ${reasonText} (${figures})`
        : `${device} finished (${reasonText}): ${figures}`;
    }
    case 'daemon.stopping':
      return 'The server stops';
  }
}
