/**
 * What the daemon and the process that makes thumbnails say to each other.
 */

/** From the daemon. */
export type ThumbnailRequest =
  | {
      readonly kind: 'make';
      readonly id: number;
      /** Annex B, parameter sets in front. */
      readonly picture: Uint8Array;
      readonly path: string;
    }
  /** Nobody wants it any more. */
  | { readonly kind: 'give-up'; readonly id: number };

/** From the process. */
export type ThumbnailReport =
  | { readonly kind: 'done'; readonly id: number; readonly made: boolean }
  /** A line for the log. */
  | { readonly kind: 'warning'; readonly fields: Record<string, unknown>; readonly message: string }
  /** There is no ffmpeg: the process ends. */
  | { readonly kind: 'unable' };
