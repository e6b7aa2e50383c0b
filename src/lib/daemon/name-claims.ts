/**
 * Two connections under one name: the newest has it when the older one is silent, else it goes by a numbered name.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';

/** Time for the older connection to give a sign of life. */
export const PROBE_MS = 1_500;

/** A connection that wants a name. */
export interface NameClaimant {
  readonly wantedName: string | undefined;
  readonly name: string;
  readonly silentForMs: number;
  alias: string | undefined;
  probe(): void;
  cutOff(detail: string): void;
  /** Whether it gets its own name will be known soon: what waits under that may be its. */
  nameContested(): void;
  /** Whether its name is its own is known: if it is, it may go on with what waits under it. */
  nameDecided(): void;
}

export interface NameClaimsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** All connections, the newest among them. */
  readonly connected: () => Iterable<NameClaimant>;
}

export class NameClaims {
  readonly #options: NameClaimsOptions;
  /** Who takes a name over if the one that has it gives no sign of life. */
  readonly #heirs = new Map<string, NameClaimant>();

  constructor(options: NameClaimsOptions) {
    this.#options = options;
  }

  arrived(newcomer: NameClaimant): void {
    const name = newcomer.wantedName;
    if (name === undefined) return;
    const owner = this.#owner(name);
    if (owner === undefined || owner === newcomer) {
      this.#cedeAlias(name);
      return;
    }
    newcomer.alias = this.#freeAlias(name);
    newcomer.nameContested();
    // The newest is the heir: one that came before it keeps its number.
    this.#heirs.get(name)?.nameDecided();
    this.#heirs.set(name, newcomer);
    owner.probe();
    const { clock } = this.#options;
    const probedMs = clock.monotonic();
    clock.after(PROBE_MS, () => {
      // By what came since, not by the length of the wait: a busy machine ends it late.
      const isSilent = owner.silentForMs >= clock.monotonic() - probedMs;
      this.#decide(name, owner, newcomer, isSilent);
    });
  }

  left(gone: NameClaimant): void {
    for (const [name, heir] of this.#heirs) {
      if (heir === gone) this.#heirs.delete(name);
      else if (gone.wantedName === name && gone.alias === undefined) this.#inherit(name, heir);
    }
  }

  #decide(name: string, owner: NameClaimant, newcomer: NameClaimant, isSilent: boolean): void {
    if (this.#heirs.get(name) !== newcomer || this.#owner(name) !== owner) return;
    const { logger } = this.#options;
    if (isSilent) {
      logger.warn(
        { event: 'name.taken-over', name },
        `${name} came again; its old connection is silent`,
      );
      // It leaves, and its heir takes the name over.
      owner.cutOff('another connection came under its name, and it gave no sign of life');
      return;
    }
    this.#heirs.delete(name);
    this.#tellAlias(name, newcomer);
    newcomer.nameDecided();
  }

  /** A number that was given to another may be the very name of the newcomer: the other gets the next. */
  #cedeAlias(name: string): void {
    for (const other of this.#options.connected()) {
      if (other.alias !== name || other.wantedName === undefined) continue;
      other.alias = this.#freeAlias(other.wantedName);
      if (this.#heirs.get(other.wantedName) !== other) this.#tellAlias(other.wantedName, other);
    }
  }

  #tellAlias(name: string, { name: alias }: NameClaimant): void {
    const fields = { event: 'name.taken', name, alias };
    const text = `${name} is connected twice: the second one is called ${alias}`;
    this.#options.logger.warn(fields, text);
  }

  #inherit(name: string, heir: NameClaimant): void {
    this.#heirs.delete(name);
    heir.alias = undefined;
    heir.nameDecided();
  }

  #owner(name: string): NameClaimant | undefined {
    for (const claimant of this.#options.connected()) {
      if (claimant.wantedName === name && claimant.alias === undefined) return claimant;
    }
    return undefined;
  }

  #freeAlias(name: string): string {
    const taken = new Set([...this.#options.connected()].map((claimant) => claimant.name));
    let number = 2;
    while (taken.has(`${name}-${number}`)) number += 1;
    return `${name}-${number}`;
  }
}
