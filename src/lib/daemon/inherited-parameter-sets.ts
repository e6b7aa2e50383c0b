/**
 * The parameter sets that a device's next session inherits: many phones send them once and never again.
 */
import type { DeviceIdentity } from './device-identity.js';
import type { ParameterSetMemory } from './parameter-set-memory.js';

/** Those of the connection go before those remembered under the name: its own, since a number is another's tomorrow. */
export class InheritedParameterSets {
  readonly #identity: DeviceIdentity;
  readonly #memory: ParameterSetMemory;
  #ofConnection: readonly Uint8Array[] = [];

  /** `memory` is shared by all devices: what it knows of a named one outlives the connection. */
  constructor(identity: DeviceIdentity, memory: ParameterSetMemory) {
    this.#identity = identity;
    this.#memory = memory;
  }

  /** Of the last session on this connection. */
  get ofConnection(): readonly Uint8Array[] {
    return this.#ofConnection;
  }

  /** Keeps what a session knew when it ended: copies, which pin no packet. */
  keep(inForce: readonly Uint8Array[]): void {
    if (inForce.length === 0) return;
    this.#ofConnection = inForce;
    const { ownName } = this.#identity;
    if (ownName !== undefined) this.#memory.remember(ownName, inForce);
  }

  /** For a session that begins now. */
  get forNextSession(): readonly Uint8Array[] {
    const { ownName } = this.#identity;
    if (this.#ofConnection.length > 0 || ownName === undefined) return this.#ofConnection;
    return this.#memory.recall(ownName);
  }
}
