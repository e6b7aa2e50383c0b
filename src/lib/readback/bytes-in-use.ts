/**
 * What of a raw stream the pipeline may still look at: its pictures are views of the memory that it was read into.
 *
 * A picture comes out when the one after it has begun. So what belongs to the picture that is open, or stands before
 * its first slice, has come in the packet with which the picture before the last came out, or later: that packet was
 * the first to hold anything of the last one.
 */
interface PendingPicture {
  /** Nothing of it lies before this offset of the raw stream. */
  readonly from: number;
  /** Bytes as a sample. */
  readonly size: number;
}

/** What looks at pictures after they have come out. */
export interface PictureHolders {
  /** Holds them until a fragment is full. */
  readonly writer: { readonly pendingBytes: number };
  /** Hold them until the disk has taken them. */
  readonly files: { readonly bytesInUse: number; drainHalf(): Promise<void> };
}

export class BytesInUse {
  #packetAt = 0;
  /** The packets with which the last two pictures came out. */
  #cameOutAt: [number, number] = [0, 0];
  /** Pictures that may wait for their fragment, in order. */
  #pictures: PendingPicture[] = [];
  #bytes = 0;

  /** The packet at this offset goes into the pipeline. */
  packet(offset: number): void {
    this.#packetAt = offset;
  }

  /** A picture has come out and goes into the MP4. */
  picture(size: number): void {
    const [beforeLast, last] = this.#cameOutAt;
    this.#pictures.push({ from: beforeLast, size });
    this.#bytes += size;
    this.#cameOutAt = [last, this.#packetAt];
  }

  /** A picture has come out and goes nowhere. */
  leftOut(): void {
    this.#cameOutAt = [this.#cameOutAt[1], this.#packetAt];
  }

  /** Waits for the disk as long as that helps to give up what lies before `wanted`; resolves as `from` returns. */
  async reclaim(wanted: number, { writer, files }: PictureHolders): Promise<number> {
    const neededFrom = () => this.from(writer.pendingBytes + files.bytesInUse);
    while (neededFrom() < wanted && files.bytesInUse > 0) await files.drainHalf();
    return neededFrom();
  }

  /** The offset before which nothing is needed while the last `pendingBytes` of pictures wait for their fragment. */
  from(pendingBytes: number): number {
    let gone = 0;
    for (const { size } of this.#pictures) {
      if (this.#bytes <= pendingBytes) break;
      this.#bytes -= size;
      gone += 1;
    }
    this.#pictures = this.#pictures.slice(gone);
    return this.#pictures[0]?.from ?? this.#cameOutAt[0];
  }
}
