/**
 * Starting and stopping: what the form says goes for all cameras or for one.
 */
import type { CaptureDevice, StartCaptureResult } from '../../lib/admin/protocol.js';
import { count } from '../../lib/base/format.js';
import { printable } from '../../lib/base/printable.js';
import type { WebSession, WebSessions } from '../../lib/web/web-api.js';
import { element } from '../elements.js';
import { post, sentenceOf } from '../server.js';

export class CaptureForm {
  readonly #form = element('#capture', HTMLFormElement);
  readonly #messages = element('#capture-message', HTMLOutputElement);
  readonly #pending = new Set<Element>();

  constructor() {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.start(undefined);
    });
    const stop = element('[name="stop"]', HTMLButtonElement, this.#form);
    stop.addEventListener('click', () => void this.stop(undefined));
  }

  /** Starts one camera, or all. */
  async start(device: string | undefined): Promise<void> {
    if (!this.#form.reportValidity()) return;
    const devices = device === undefined ? undefined : [device];
    await this.#report('starting …', async () => {
      const result = await post<StartCaptureResult>('/api/capture/start', {
        ...this.#request(),
        ...(devices && { devices }),
      });
      return startOutcome(result.devices);
    });
  }

  /** Stops one camera, or all. */
  async stop(device: string | undefined): Promise<void> {
    const devices = device === undefined ? {} : { devices: [device] };
    await this.#report('stopping …', async () => {
      const { sessions } = await post<WebSessions>('/api/capture/stop', devices);
      return stopOutcome(sessions);
    });
  }

  #request(): Record<string, unknown> {
    const data = new FormData(this.#form);
    const text = (name: string) => String(data.get(name) ?? '').trim();
    const [width, height] = text('aspect').split(':').map(Number);
    const label = text('label');
    return {
      bitrate: Number(text('bitrate')),
      fps: Number(text('fps')),
      ...(height !== undefined && { aspectRatio: { width, height } }),
      ...(label !== '' && { label }),
    };
  }

  /** A line for each action, in their order: an answer that comes late is not taken for that of the last one. */
  async #report(before: string, work: () => Promise<string>): Promise<void> {
    for (const line of [...this.#messages.children]) if (!this.#pending.has(line)) line.remove();
    const line = document.createElement('span');
    line.textContent = before;
    this.#pending.add(line);
    this.#messages.append(line);
    line.textContent = await work().catch(sentenceOf);
    this.#pending.delete(line);
  }
}

/** How the cameras took it: those that did not begin by name. */
function startOutcome(devices: readonly CaptureDevice[]): string {
  const started = devices.filter(({ state }) => state === 'started');
  const others = devices
    .filter(({ state }) => state !== 'started')
    .map(({ name, state, message }) => printable(`${name}: ${message ?? state}.`));
  return [`${count(started.length, 'camera')} started.`, ...others].join(' ');
}

/** What has become of the sessions: those that failed, or are not finished in time, by name. */
export function stopOutcome(
  sessions: readonly Pick<WebSession, 'device' | 'state' | 'reasonText'>[],
): string {
  if (sessions.length === 0) return 'No camera was recording.';
  const others = sessions.flatMap(({ device, state, reasonText }) => {
    if (state === 'recording') return printable(`${device}: not finished yet.`);
    return state === 'failed' ? printable(`${device} failed: ${reasonText}.`) : [];
  });
  const finished = sessions.length - others.length;
  if (finished > 0) others.unshift(`${count(finished, 'session')} finished.`);
  return others.join(' ');
}
