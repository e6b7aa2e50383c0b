/**
 * What the camera page shows.
 */
import { formatDuration } from '../../lib/base/format.js';
import { element, setPill, setText } from '../elements.js';
import type { CaptureFigures } from './capture.js';
import type { Problem } from './problem.js';

export class CameraView {
  readonly previewElement = element('#preview', HTMLVideoElement);
  readonly #state = element('#state', HTMLElement);
  readonly #figures = element('#figures', HTMLElement);
  readonly #server = element('#server', HTMLElement);
  readonly #hint = element('#hint', HTMLElement);
  readonly #problem = element('#problem', HTMLElement);
  readonly #retry = element('#problem button', HTMLButtonElement);

  preview(stream: MediaStream | undefined): void {
    this.previewElement.srcObject = stream ?? null;
  }

  state(text: string, mood: string): void {
    setPill(this.#state, text, mood);
  }

  /** Figures of the capture that runs, or nothing. */
  figures(figures: CaptureFigures | undefined, elapsedMs: number): void {
    this.#figures.hidden = figures === undefined;
    if (figures === undefined) return;
    const { pictures, slowdown } = figures;
    const lowered = slowdown > 1 ? ', lowered: the network is slow' : '';
    setText(this.#figures, `${formatDuration(elapsedMs)} · ${pictures} pictures${lowered}`);
  }

  /** `trouble`: why it is not connected, where that is known. */
  server(host: string, isConnected: boolean, trouble = ''): void {
    const text = isConnected ? `Connected to ${host}` : `Looking for ${host} … ${trouble}`;
    setText(this.#server, text.trimEnd());
  }

  /** Says what is wrong and what to do; nothing: all is well. */
  problem(problem: Problem | undefined, retry: () => void = () => {}): void {
    this.#problem.hidden = problem === undefined;
    this.#hint.hidden = problem !== undefined;
    if (problem === undefined) return;
    setText(element('h2', HTMLElement, this.#problem), problem.title);
    setText(element('p', HTMLElement, this.#problem), problem.advice);
    this.#retry.hidden = !problem.canRetry;
    this.#retry.onclick = retry;
  }
}
