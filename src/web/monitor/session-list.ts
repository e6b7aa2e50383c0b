/**
 * The finished sessions, newest first, as the daemon lists them.
 */
import type { WebSession, WebSessions } from '../../lib/web/web-api.js';
import { element } from '../elements.js';
import { get } from '../server.js';
import { sessionCard } from './session-card.js';

const PAGE = 24;

export class SessionList {
  readonly #play: (session: WebSession) => void;
  readonly #list = element('#sessions', HTMLUListElement);
  readonly #none = element('#no-session', HTMLElement);
  readonly #more = element('#more-sessions', HTMLButtonElement);
  /** What each card shows, so that an unchanged one keeps its place and its focus. */
  readonly #shown = new Map<string, { readonly json: string; readonly card: HTMLElement }>();
  #limit = PAGE;
  #isLoading = false;
  #isWanted = false;

  constructor(play: (session: WebSession) => void) {
    this.#play = play;
    this.#more.addEventListener('click', () => {
      this.#limit += PAGE;
      void this.refresh();
    });
  }

  /** Asks the daemon anew; a question that is under way is followed by one more at most. */
  async refresh(): Promise<void> {
    this.#isWanted = true;
    if (this.#isLoading) return;
    this.#isLoading = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      await this.#load();
    }
    this.#isLoading = false;
  }

  async #load(): Promise<void> {
    try {
      const { sessions } = await get<WebSessions>(`/api/sessions?limit=${this.#limit}`);
      this.#more.hidden = sessions.length < this.#limit;
      // Those that run are on the screen already, as cameras.
      this.#show(sessions.filter(({ state }) => state !== 'recording'));
    } catch {
      // The connection's state says it already; the next event asks again.
    }
  }

  #show(sessions: readonly WebSession[]): void {
    const present = new Set(sessions.map(({ id }) => id));
    for (const [id, { card }] of this.#shown) {
      if (present.has(id)) continue;
      card.remove();
      this.#shown.delete(id);
    }
    for (const [index, session] of sessions.entries()) {
      const card = this.#card(session);
      if (this.#list.children[index] !== card) {
        this.#list.insertBefore(card, this.#list.children[index] ?? null);
      }
    }
    this.#none.hidden = sessions.length > 0;
  }

  #card(session: WebSession): HTMLElement {
    const json = JSON.stringify(session);
    const known = this.#shown.get(session.id);
    if (known?.json === json) return known.card;
    const card = sessionCard(session, this.#play);
    known?.card.replaceWith(card);
    this.#shown.set(session.id, { json, card });
    return card;
  }
}
