/**
 * When a picture was taken, by the server's clock in milliseconds since the epoch. The camera's own times are exact
 * between pictures and begin anywhere; where they begin is told by the least delayed of the first pictures.
 */
import type { WebClock } from '../../lib/web/web-api.js';
import { get } from '../server.js';

/** Questions for the server's clock; the one that was answered fastest counts. */
const QUESTIONS = 4;

/** Pictures that are looked at before the first one counts. */
const CALIBRATION = 3;

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** What to add to this page's clock to get the server's, in milliseconds. 0 where the server does not answer. */
export async function serverOffset(): Promise<number> {
  let best = { roundTripMs: Number.POSITIVE_INFINITY, offsetMs: 0 };
  for (let question = 0; question < QUESTIONS; question += 1) {
    const sentMs = nowMs();
    const answer = await get<WebClock>('/api/clock').catch(() => undefined);
    const receivedMs = nowMs();
    const roundTripMs = receivedMs - sentMs;
    if (answer === undefined || roundTripMs >= best.roundTripMs) continue;
    best = { roundTripMs, offsetMs: answer.nowMs - (sentMs + receivedMs) / 2 };
  }
  return best.offsetMs;
}

export class CaptureClock {
  #seen = 0;
  /** Page clock minus the camera's, at the least delayed picture. */
  #leastMs = Number.POSITIVE_INFINITY;
  #offsetMs = 0;

  /** `offsetMs`: of `serverOffset`. */
  constructor(offsetMs: number) {
    this.#offsetMs = offsetMs;
  }

  /** Looks at a picture that has just come; returns true when its time can be told. From then on nothing shifts. */
  isReady(timestampUs: number): boolean {
    if (this.#seen >= CALIBRATION) return true;
    this.#seen += 1;
    this.#leastMs = Math.min(this.#leastMs, nowMs() - timestampUs / 1000);
    return false;
  }

  /** Whole milliseconds since the epoch. */
  time(timestampUs: number): number {
    return Math.max(0, Math.round(timestampUs / 1000 + this.#leastMs + this.#offsetMs));
  }
}
