/**
 * What the H.264 room hands to the others: pictures and the description of the video they belong to.
 */

/** Colour description of the VUI, code points of ISO/IEC 23091-2. */
export interface ColourDescription {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly fullRange: boolean;
}

/** What the sequence parameter set tells of when pictures are shown. */
export interface VideoTiming {
  /**
   * The most pictures that may precede one in decoding order and follow it in output order.
   * 0: output order is decoding order.
   */
  readonly maxReorderPictures: number;
  /** Pictures per second by the VUI's timing, as a fraction; absent where the VUI gives none. */
  readonly frameRate: { readonly numerator: number; readonly denominator: number } | undefined;
  /** Whether fields of interlaced video may be pictures of their own. */
  readonly mayHaveFieldPictures: boolean;
}

/** What a player needs to know before the first picture; made from the parameter sets. */
export interface VideoDescription extends VideoTiming {
  /** Shown size in luma samples: cropping applied, sample aspect ratio not. */
  readonly width: number;
  readonly height: number;
  /** Width and height of one sample; absent where the VUI gives none. */
  readonly sampleAspectRatio: { readonly width: number; readonly height: number } | undefined;
  /** Absent where the VUI gives none; never invented. */
  readonly colour: ColourDescription | undefined;
  /** RFC 6381, such as `avc1.42E01F`. */
  readonly codec: string;
  /** AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1), ready for the `avcC` box. */
  readonly avcC: Uint8Array;
}

/** Where a picture stands in output order: first by epoch, then by count. */
export interface OutputOrder {
  /**
   * Goes up at every IDR picture, at every memory management operation 5, and where one of these has been lost: all
   * earlier pictures are output first.
   */
  readonly epoch: number;
  /** Picture order count within the epoch (ISO/IEC 14496-10, 8.2.1). */
  readonly count: number;
}

/** One primary coded picture: what becomes one MP4 sample. */
export interface CodedPicture<Tag> {
  /**
   * The sample's NAL units in decoding order, each with its header byte first, without start code and padding.
   * Access unit delimiters, filler data and parameter sets that the description already holds are left out.
   */
  readonly nalUnits: readonly Uint8Array[];
  /** Contains a NAL unit of type 5: decoding can begin here. */
  readonly key: boolean;
  readonly order: OutputOrder;
  /** The tag of the packet in which the picture's first slice came. */
  readonly tag: Tag;
  /**
   * Set where a new description begins: at the first picture that can be described, and at each IDR picture
   * before which the bytes of the parameter sets, or the sequence parameter set in use, have changed.
   */
  readonly newDescription: VideoDescription | undefined;
}
