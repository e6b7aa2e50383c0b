/**
 * Which part of the camera's picture is sent: the requested aspect ratio, cut from the middle.
 */

export interface Ratio {
  readonly width: number;
  readonly height: number;
}

export interface Area extends Ratio {
  readonly x: number;
  readonly y: number;
}

/** Chroma has half the resolution: every edge stands on an even line. */
function even(value: number): number {
  return 2 * Math.floor(value / 2);
}

/**
 * The largest area of that ratio in the middle of a picture, in pixels. 1:1 means: do not crop, as the app has it.
 * The ratio is that of the picture lying down; of one that stands it is turned as well.
 */
export function pictureArea(picture: Ratio, ratio: Ratio | undefined): Area {
  const width = even(picture.width);
  const height = even(picture.height);
  if (ratio === undefined || ratio.width === ratio.height) return { x: 0, y: 0, width, height };
  const stands = height > width;
  const [long, short] = [Math.max(ratio.width, ratio.height), Math.min(ratio.width, ratio.height)];
  const wanted = stands ? short / long : long / short;
  const cutWidth = Math.max(2, even(Math.min(width, Math.round(height * wanted))));
  const cutHeight = Math.max(2, even(Math.min(height, Math.round(width / wanted))));
  return {
    x: even((width - cutWidth) / 2),
    y: even((height - cutHeight) / 2),
    width: cutWidth,
    height: cutHeight,
  };
}
