/**
 * Where viewers of live pictures hang on to the cameras' packets. Without a listener nothing is built for it.
 */
import type { ReceivedPacket } from '../recording/received-packet.js';
import type { LivePacket, LiveSource } from '../web/live-source.js';

export class LiveTap implements LiveSource {
  #listener: ((packet: LivePacket) => void) | undefined;

  watch(listener: ((packet: LivePacket) => void) | undefined): void {
    this.#listener = listener;
  }

  /** Whether anybody is to be shown anything. */
  get isWatched(): boolean {
    return this.#listener !== undefined;
  }

  /** Shows a packet that has come, whether or not it is recorded, with the parameter sets that the camera has sent so far. */
  show(device: string, packet: ReceivedPacket, parameterSets: readonly Uint8Array[]): void {
    const { timestampMs, arrivalMs, payload, nalUnits, framing } = packet;
    this.#listener?.({
      device,
      timestampMs,
      arrivalMs,
      payload,
      nalUnits,
      framing,
      parameterSets,
    });
  }
}
