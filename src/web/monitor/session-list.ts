/**
 * The finished sessions, newest first, as the daemon lists them.
 */
import { MAX_SESSIONS } from '../../lib/web/limits.js';
import type { WebSession, WebSessions } from '../../lib/web/web-api.js';
import { element, setText } from '../elements.js';
import { get, ServerError } from '../server.js';
import { sessionCard } from './session-card.js';

const PAGE = 24;

/** How often it is asked again while sessions are being finished of which no camera tells. */
const RECOVERY_LOOK_MS = 5_000;

export class SessionList {
  readonly #play: (session: WebSession) => void;
  readonly #list = element('#sessions', HTMLUListElement);
  readonly #none = element('#no-session', HTMLElement);
  readonly #more = element('#more-sessions', HTMLButtonElement);
  readonly #older = element('#older-sessions', HTMLElement);
  readonly #missing = element('#sessions-missing', HTMLElement);
  /** What each card shows, so that an unchanged one keeps its place and its focus. */
  readonly #shown = new Map<string, { readonly json: string; readonly card: HTMLElement }>();
  #limit = PAGE;
  /** Sessions in the last answer that run. */
  #running = 0;
  #askedAtMs = 0;
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

  /** `live`: sessions of connected cameras. What runs beside them is finished without an event, as after a crash. */
  async follow(live: number): Promise<void> {
    const isDue = performance.now() - this.#askedAtMs > RECOVERY_LOOK_MS;
    if (this.#running > live && isDue) await this.refresh();
  }

  async #load(): Promise<void> {
    this.#askedAtMs = performance.now();
    // Those that run are on the screen already, as cameras: so many more are asked for.
    const asked = Math.min(this.#limit + this.#running, MAX_SESSIONS);
    try {
      const { sessions } = await get<WebSessions>(`/api/sessions?limit=${asked}`);
      const finished = sessions.filter(({ state }) => state !== 'recording');
      const isCut = sessions.length === MAX_SESSIONS;
      const mayBeMore = sessions.length === asked && !isCut;
      this.#running = sessions.length - finished.length;
      if (mayBeMore && finished.length < this.#limit) this.#isWanted = true;
      const hadFocus = document.activeElement === this.#more;
      const before = this.#list.childElementCount;
      this.#more.hidden = !mayBeMore;
      this.#older.hidden = !isCut;
      this.#show(finished);
      // It goes with the last page: what it has brought gets the focus.
      if (hadFocus && !mayBeMore) this.#focus(before);
      setText(this.#missing, '');
    } catch (error) {
      // Without an answer, the connection's state says it already. The next event asks again.
      if (error instanceof ServerError) setText(this.#missing, error.message);
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
    // With others behind those that run, it is not known yet.
    this.#none.hidden = sessions.length > 0 || !this.#more.hidden;
  }

  /** The focus, for the card at that place, or the last one. */
  #focus(index: number): void {
    const card = this.#list.children[index] ?? this.#list.lastElementChild;
    card?.querySelector<HTMLElement>('button:enabled, a')?.focus();
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
