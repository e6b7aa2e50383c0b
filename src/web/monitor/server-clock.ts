/**
 * The daemon's clock as seen from this page: the shortest of the last exchanges tells best.
 */

/** Exchanges that are looked at. */
const REMEMBERED = 8;

interface Exchange {
  readonly roundTripMs: number;
  readonly offsetMs: number;
}

/** This page's clock: milliseconds since the epoch that do not jump while it is open. */
export function pageNowMs(): number {
  return performance.timeOrigin + performance.now();
}

export class ServerClock {
  #exchanges: Exchange[] = [];

  /** One exchange: asked at `sentMs`, answered with the daemon's time, received at `receivedMs` (page clock). */
  add(sentMs: number, serverMs: number, receivedMs: number): void {
    const roundTripMs = receivedMs - sentMs;
    if (roundTripMs < 0) return;
    this.#exchanges.push({ roundTripMs, offsetMs: serverMs - (sentMs + receivedMs) / 2 });
    this.#exchanges = this.#exchanges.slice(-REMEMBERED);
  }

  /** Page clock to daemon's clock; nothing before the first exchange. */
  toServer(pageMs: number): number | undefined {
    const [first, ...others] = this.#exchanges;
    if (first === undefined) return undefined;
    const best = others.reduce((a, b) => (b.roundTripMs < a.roundTripMs ? b : a), first);
    return pageMs + best.offsetMs;
  }
}
