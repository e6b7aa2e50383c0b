/**
 * The last parameter sets of each named camera: many phones send them once, and after a reconnect not again.
 */

/** Names that are remembered; the one not used for longest is forgotten first. */
const MAX_NAMES = 1_000;

/** Bytes of parameter sets that are remembered per name. */
const MAX_BYTES = 64 * 1024;

export class ParameterSetMemory {
  readonly #sets = new Map<string, readonly Uint8Array[]>();

  remember(name: string, sets: readonly Uint8Array[]): void {
    this.#sets.delete(name);
    if (sets.reduce((sum, set) => sum + set.length, 0) > MAX_BYTES) return;
    this.#sets.set(name, sets);
    const [oldest] = this.#sets.keys();
    if (this.#sets.size > MAX_NAMES && oldest !== undefined) this.#sets.delete(oldest);
  }

  /** Empty where the name is unknown. */
  recall(name: string): readonly Uint8Array[] {
    return this.#sets.get(name) ?? [];
  }
}
