/**
 * The daemon's events: each goes to the log and to everybody who listens.
 */
import type { DaemonEvent } from '../admin/protocol.js';
import type { Logger } from '../base/logger.js';
import { logEvent } from './event-log.js';

/** In the order of what happened; nothing is kept for those who listen later. */
export class EventFeed {
  readonly #logger: Logger;
  readonly #listeners = new Set<(event: DaemonEvent) => void>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  emit(event: DaemonEvent): void {
    logEvent(this.#logger, event);
    for (const listener of this.#listeners) listener(event);
  }

  /** Calls `listener` at each event until the returned function is called. It returns at once and never throws. */
  listen(listener: (event: DaemonEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
