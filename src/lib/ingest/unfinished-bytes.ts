/**
 * What peers hold in memory by messages that they have begun and not finished, and the bound on all of it together.
 */

/** One peer's share. */
export interface UnfinishedShare {
  /** Bytes that have come since the last message was whole. */
  readonly bytes: number;
  /** Bytes have come. */
  grow(bytes: number): void;
  /** A message is whole. */
  finished(): void;
  /** The peer is gone. */
  close(): void;
}

export class UnfinishedBytes {
  readonly #limit: number;
  readonly #shares = new Map<UnfinishedShare, () => void>();
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Of all peers together. */
  get total(): number {
    return this.#total;
  }

  /** `cutOff` is called when the limit is passed and this peer holds most. */
  open(cutOff: () => void): UnfinishedShare {
    const budget = this;
    let bytes = 0;
    const share: UnfinishedShare = {
      get bytes() {
        return bytes;
      },
      grow(more) {
        bytes += more;
        budget.#total += more;
        if (budget.#total > budget.#limit) budget.#cutOffLargest();
      },
      finished() {
        budget.#total -= bytes;
        bytes = 0;
      },
      close() {
        share.finished();
        budget.#shares.delete(share);
      },
    };
    this.#shares.set(share, cutOff);
    return share;
  }

  #cutOffLargest(): void {
    let largest: UnfinishedShare | undefined;
    for (const share of this.#shares.keys()) {
      if (largest === undefined || share.bytes > largest.bytes) largest = share;
    }
    if (largest === undefined) return;
    const cutOff = this.#shares.get(largest);
    largest.close();
    cutOff?.();
  }
}
