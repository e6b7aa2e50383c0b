/**
 * Counts and logs the limits that peers meet: one line for the first of a kind, then one now and then for many.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { PeerLimit } from '../ingest/limits.js';
import { RepeatLog } from './repeat-log.js';

export class PeerLimitLog {
  readonly #repeats: RepeatLog;
  /** Of the last one of each kind. */
  readonly #last = new Map<string, { readonly address: string; readonly detail: string }>();

  constructor(clock: Clock, logger: Logger) {
    this.#repeats = new RepeatLog(clock, (limit, count, total) => {
      const { address = 'unknown', detail = '' } = this.#last.get(limit) ?? {};
      const fields = { event: 'limit', limit, count, total, address, detail };
      const times = count === 1 ? '' : `${count} times, ${total} in all, last `;
      logger.warn(fields, `limit ${limit}: ${times}${address} (${detail})`);
    });
  }

  /** How often each limit was met. */
  get totals(): ReadonlyMap<string, number> {
    return this.#repeats.totals;
  }

  add(limit: PeerLimit, address: string, detail: string): void {
    this.#last.set(limit, { address, detail });
    this.#repeats.add(limit);
  }

  /** Logs what has been counted and not yet logged. */
  flush(): void {
    this.#repeats.flush();
  }
}
