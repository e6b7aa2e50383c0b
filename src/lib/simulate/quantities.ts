/**
 * Quantities of a simulation as people type them. What is not understood is refused with CamrecError('USAGE').
 */
import { parseDuration, refuse } from '../base/units.js';
import type { ClockJump } from './behaviour.js';

/** `0.05` or `5%` → a number from 0 to 1. */
export function parseProbability(text: string): number {
  const match = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text.trim());
  const value = Number(match?.[1]) / (match?.[2] === '%' ? 100 : 1);
  if (!(value >= 0 && value <= 1)) {
    refuse(text, 'a probability', 'Write it like 0.05 or 5%, from 0 to 1.');
  }
  return value;
}

/** A number from `min` to `max`, both included; `what` says what it is. */
export function parseBetween(text: string, min: number, max: number, what: string): number {
  const value = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) refuse(text, what, `Write a number from ${min} to ${max}.`);
  return value;
}

/** `5%:300ms` → one picture in twenty is held up for 300 ms. */
export function parseDelay(text: string): { delay: number; delayMs: number } {
  const { before, after } = halves(text, 'a delay', 'Write it like 5%:300ms.');
  return { delay: parseProbability(before), delayMs: parseDuration(after) };
}

/** `5s:2h` → five seconds into a capture the clock goes two hours forward; `5s:-2h` → back. */
export function parseClockJump(text: string): ClockJump {
  const { before, after } = halves(text, 'a clock jump', 'Write it like 5s:2h or 5s:-2h.');
  const back = after.startsWith('-');
  const byMs = parseDuration(back ? after.slice(1) : after);
  return { afterMs: parseDuration(before), byMs: back ? -byMs : byMs };
}

function halves(text: string, what: string, hint: string): { before: string; after: string } {
  const parts = text.trim().split(':');
  const [before, after] = parts;
  if (parts.length !== 2 || !before || !after) refuse(text, what, hint);
  return { before, after };
}
