/**
 * Pictures as a person would see them, and parts of them, without a copy where the browser can do without.
 */
import type { Area } from './picture-area.js';

/** The picture itself, or one that is turned and mirrored as its marks say; then the given one is closed. */
export function upright(frame: VideoFrame): VideoFrame {
  // Phones hand over what the sensor saw and say how it has to be turned. Not every browser knows these marks.
  const isTurned = Boolean(Reflect.get(frame, 'rotation')) || Boolean(Reflect.get(frame, 'flip'));
  if (!isTurned) return frame;
  const { displayWidth, displayHeight, timestamp } = frame;
  const canvas = new OffscreenCanvas(displayWidth, displayHeight);
  canvas.getContext('2d', { alpha: false })?.drawImage(frame, 0, 0);
  frame.close();
  return new VideoFrame(canvas, { timestamp });
}

/** An area of a picture, to be closed by itself. */
export function cropped(frame: VideoFrame, { x, y, width, height }: Area): VideoFrame {
  const whole = frame.visibleRect;
  if (whole === null || (whole.width === width && whole.height === height)) return frame.clone();
  return new VideoFrame(frame, {
    visibleRect: { x: whole.x + x, y: whole.y + y, width, height },
    displayWidth: width,
    displayHeight: height,
  });
}
