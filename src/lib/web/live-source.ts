/**
 * Where live pictures come from: what the web room needs of whoever receives the cameras' packets.
 */

/** One packet as it has just come. Its bytes are never changed, and are kept only as long as they are being sent. */
export interface LivePacket {
  /** The camera's id. */
  readonly device: string;
  /** Device clock, milliseconds. */
  readonly timestampMs: number;
  /** Milliseconds since the epoch. */
  readonly arrivalMs: number;
  readonly payload: Uint8Array;
  /** Views of the payload. */
  readonly nalUnits: readonly Uint8Array[];
  /** How the payload marks its NAL units. */
  readonly framing: 'annex-b' | 'length-prefixed' | 'none';
  /** Parameter sets that the camera has sent so far, for a viewer that comes in between. */
  readonly parameterSets: readonly Uint8Array[];
}

export interface LiveSource {
  /**
   * Hands over every packet from now on, or none any more. The source builds packets only while there is a
   * listener; the listener returns at once and never throws.
   */
  watch(listener: ((packet: LivePacket) => void) | undefined): void;
}
