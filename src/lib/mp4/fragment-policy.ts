/**
 * When a fragment ends: normally at a key picture, so that one fragment holds one group of pictures.
 * Decided from device times, sizes and output order alone, so that muxing again gives the same file.
 */
import type { OutputOrder } from '../h264/coded-picture.js';
import { compareOutput, type PendingPicture } from './pending-picture.js';

/** A fragment that ends at a key picture spans at least this, so that streams of key pictures do not explode. */
const MIN_FRAGMENT_MS = 500;

/** A fragment ends within a group of pictures when it spans this, … */
const MAX_FRAGMENT_MS = 2000;
/** … holds this many bytes … */
export const MAX_FRAGMENT_BYTES = 128 * 1024;
/** … or this many pictures. */
export const MAX_FRAGMENT_PICTURES = 1024;

/** What may wait while reordering leaves no place for a cut; then the fragment ends all the same. */
export const MAX_PENDING_BYTES = 32 * 1024 * 1024;
export const MAX_PENDING_PICTURES = 2048;

/** No decoder holds more pictures back than these (ISO/IEC 14496-10, A.3.1): more is damage, and nothing to wait for. */
const MAX_REORDER_PICTURES = 16;

export interface Cut {
  /** How many of the pending pictures make up the fragment; 0: it goes on. */
  readonly pictures: number;
  /** The cut was forced although later pictures may belong before it. */
  readonly forced: boolean;
}

const GO_ON: Cut = { pictures: 0, forced: false };

/** Pictures that wait for their fragment to end. */
export class PendingFragment {
  readonly #pictures: PendingPicture[] = [];
  readonly #extent = new Extent();
  readonly #depth = new ReorderDepth();

  get pictures(): readonly PendingPicture[] {
    return this.#pictures;
  }

  /** Bytes of all pending samples. */
  get bytes(): number {
    return this.#extent.bytes;
  }

  push(picture: PendingPicture): void {
    this.#depth.see(picture, this.#pictures);
    this.#pictures.push(picture);
    this.#extent.add(picture);
  }

  /** Removes and returns the first `count` pictures. */
  take(count: number): PendingPicture[] {
    const taken = this.#pictures.splice(0, count);
    this.#extent.clear();
    for (const picture of this.#pictures) this.#extent.add(picture);
    return taken;
  }

  /**
   * Whether the fragment ends now that the last picture has been pushed, and after which picture.
   * The last one always stays: its time is where the fragment ends. `maxReorderPictures`: of the description, which is
   * believed as far as the pictures themselves have not shown more.
   */
  cut(maxReorderPictures: number): Cut {
    const earlier = this.#pictures.length - 1;
    if (earlier < 1) return GO_ON;
    if (this.#pictures[earlier]?.key && this.#extent.spanMs >= MIN_FRAGMENT_MS) {
      return { pictures: earlier, forced: false };
    }
    if (!this.#extent.full) return GO_ON;
    const depth = Math.max(maxReorderPictures, this.#depth.seen);
    const safe = lastSafeCut(this.#pictures, depth);
    if (safe > 0 && this.#isFullUpTo(safe)) return { pictures: safe, forced: false };
    if (this.bytes < MAX_PENDING_BYTES && earlier < MAX_PENDING_PICTURES) return GO_ON;
    return { pictures: earlier, forced: safe !== earlier };
  }

  /** Whether the pictures before the one at `index`, which tells where they end, are enough for a fragment. */
  #isFullUpTo(index: number): boolean {
    if (index === this.#pictures.length - 1) return this.#extent.full;
    const extent = new Extent();
    for (const picture of this.#pictures.slice(0, index + 1)) extent.add(picture);
    return extent.full;
  }
}

/**
 * How far pictures are in fact reordered. Some encoders send B pictures and tell that they send none: a fragment that
 * ends where they allow it has a picture whose time belongs to one that comes later.
 */
class ReorderDepth {
  /** That of the picture that is output last so far. */
  #latest: OutputOrder | undefined;
  #seen = 0;

  /** The most pictures so far that have preceded one in decoding order and follow it in output order. */
  get seen(): number {
    return this.#seen;
  }

  /** Call for each picture, in decoding order; `before`: the last ones. */
  see({ order }: PendingPicture, before: readonly PendingPicture[]): void {
    if (this.#latest === undefined || compareOutput(this.#latest, order) <= 0) {
      this.#latest = order;
      return;
    }
    let depth = 0;
    for (const other of before) if (compareOutput(other.order, order) > 0) depth += 1;
    this.#seen = Math.min(Math.max(this.#seen, depth), MAX_REORDER_PICTURES);
  }
}

/** How much pictures amount to. */
class Extent {
  bytes = 0;
  #pictures = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;

  clear(): void {
    this.bytes = 0;
    this.#pictures = 0;
    this.#firstMs = Number.POSITIVE_INFINITY;
    this.#lastMs = Number.NEGATIVE_INFINITY;
  }

  add({ size, timeMs }: PendingPicture): void {
    this.bytes += size;
    this.#pictures += 1;
    if (timeMs < this.#firstMs) this.#firstMs = timeMs;
    if (timeMs > this.#lastMs) this.#lastMs = timeMs;
  }

  get spanMs(): number {
    return this.#lastMs - this.#firstMs;
  }

  get full(): boolean {
    return (
      this.spanMs >= MAX_FRAGMENT_MS ||
      this.bytes >= MAX_FRAGMENT_BYTES ||
      this.#pictures > MAX_FRAGMENT_PICTURES
    );
  }
}

/**
 * The latest place where the pictures can be cut so that, in output order, all before precede all after,
 * those to come included; 0 if there is none.
 *
 * At most `maxReorderPictures` pictures precede another in decoding order and follow it in output order. With
 * more than that after the cut, a picture to come cannot be output before all of them: so it cannot reach into
 * the fragment, and the first picture after it in output order, at whose time it ends, is known.
 * Nothing is ever output before an IDR picture that is decoded after it.
 */
function lastSafeCut(pictures: readonly PendingPicture[], maxReorderPictures: number): number {
  const latestUpTo: PendingPicture[] = [];
  let latest = pictures[0];
  for (const picture of pictures) {
    if (latest === undefined || compareOutput(latest.order, picture.order) <= 0) latest = picture;
    latestUpTo.push(latest);
  }
  let earliestAfter = pictures[pictures.length - 1];
  for (let cut = pictures.length - 1; cut > 0; cut--) {
    const picture = pictures[cut];
    const latestBefore = latestUpTo[cut - 1];
    if (!picture || !latestBefore || !earliestAfter) break;
    if (compareOutput(picture.order, earliestAfter.order) < 0) earliestAfter = picture;
    const settled = picture.key || pictures.length - cut > maxReorderPictures;
    if (settled && compareOutput(latestBefore.order, earliestAfter.order) < 0) return cut;
  }
  return 0;
}
