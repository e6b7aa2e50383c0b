/**
 * Who a connected device is: what it is called here, and what its sessions say of it.
 */
import type { CameraPeer } from '../ingest/camera-server.js';
import type { SessionDevice } from '../recording/session-info.js';
import { clientName, safeName } from '../storage/safe-name.js';

/** Its names change while it is connected: by its `capabilities`, and by others that want the same one. */
export class DeviceIdentity {
  /** By address and port. */
  readonly id: string;
  /** The name in the URL, if it has one. */
  readonly wantedName: string | undefined;
  /** Instead of the name in the URL, while another connection has that. */
  alias: string | undefined;
  /** What the device says that it is. */
  model: string | undefined;
  readonly #address: string;
  readonly #port: number;

  constructor({ address, port, name }: Pick<CameraPeer, 'address' | 'port' | 'name'>) {
    this.id = clientName(address, port);
    this.wantedName = name;
    this.#address = address;
    this.#port = port;
  }

  /** By the URL's `name`, else by model and address, else by address and port. */
  get name(): string {
    const unnamed = this.model === undefined ? this.id : `${this.model} ${this.#address}`;
    return this.alias ?? this.wantedName ?? unnamed;
  }

  /** The name in the URL, unless another connection has it: what waits under it is this device's. */
  get ownName(): string | undefined {
    return this.alias === undefined ? this.wantedName : undefined;
  }

  /** Address and port, as they stand in a URL. */
  get endpoint(): string {
    const host = this.#address.includes(':') ? `[${this.#address}]` : this.#address;
    return `${host}:${this.#port}`;
  }

  /** For the manifest of a session that begins now. */
  get sessionDevice(): SessionDevice {
    const named = this.wantedName === undefined ? '' : safeName(this.name);
    return {
      id: this.id,
      name: this.name,
      model: this.model ?? null,
      address: this.#address,
      directoryName: named || this.id,
    };
  }
}
