/**
 * A frame rate as people type it for a stream that does not tell its own.
 */
import { MAX_FPS, refuse } from '../base/units.js';

/** `10`, `29.97`, `30000/1001` → pictures per second. Throws USAGE. */
export function parseRate(text: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,9})?)(?:\/(\d{1,9}))?$/.exec(text.trim());
  const rate = Number(match?.[1]) / Number(match?.[2] ?? 1);
  if (rate > 0 && rate <= MAX_FPS) return rate;
  const hint = `Write a number up to ${MAX_FPS}, like 10, 29.97 or 30000/1001.`;
  return refuse(text, 'a frame rate', hint);
}
