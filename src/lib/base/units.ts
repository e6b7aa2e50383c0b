/**
 * Quantities as people type them on the command line: durations, sizes, ratios, rates, points in time.
 * Each parser refuses what it does not understand with a CamrecError('USAGE') that says what is expected.
 */
import { CamrecError } from './errors.js';

/** The longest a timer can wait, in milliseconds: Node fires longer ones at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Longest label and device selector, in characters. */
export const MAX_LABEL_CHARS = 200;

/** Mbit/s: the app multiplies by 1,000,000 into a signed 32-bit number. */
export const MAX_BITRATE_MBPS = 2147;

/** Pictures per second: above any phone's camera. */
export const MAX_FPS = 1000;

/** Either side of an aspect ratio: above any sensor's pixels. */
export const MAX_RATIO_SIDE = 65_535;

const DURATION_UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const SIZE_UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Throws the USAGE error for a text that is not what it should be. `hint`: what is expected. */
export function refuse(text: string, what: string, hint: string): never {
  throw new CamrecError('USAGE', `"${text}" is not ${what}.`, { hint });
}

/** `500ms`, `10s`, `1m30s`, `2h`, `1d` → milliseconds. A bare number is refused, 0 excepted. */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) {
    refuse(text, 'a duration', 'Write it like 500ms, 10s, 2m or 1h.');
  }
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (DURATION_UNIT_MS[unit ?? ''] ?? 0);
  }
  if (total > Number.MAX_SAFE_INTEGER) {
    refuse(text, 'a duration that fits', 'Write it like 500ms, 10s, 2m or 1h.');
  }
  return Math.round(total);
}

/** As `parseDuration`, for something that is waited for: refuses what no timer can hold (24 days). */
export function parseTimeout(text: string): number {
  const duration = parseDuration(text);
  if (duration > MAX_TIMER_MS)
    refuse(text, 'a duration below 24 days', 'Write less, like 30s or 2h.');
  return duration;
}

/** `500MB` (decimal), `1GiB` (binary), `1048576` → bytes. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b?)$/i.exec(text.trim());
  const factor = SIZE_UNIT_BYTES[match?.[2]?.toLowerCase() ?? '?'];
  const bytes = Math.round(Number(match?.[1]) * (factor ?? Number.NaN));
  if (!Number.isSafeInteger(bytes)) refuse(text, 'a size', 'Write it like 500MB or 1GiB.');
  return bytes;
}

/** Width to height, both positive integers. */
export interface Ratio {
  readonly width: number;
  readonly height: number;
}

/** `4:3` → { width: 4, height: 3 }. */
export function parseAspectRatio(text: string): Ratio {
  const match = /^(\d{1,5}):(\d{1,5})$/.exec(text.trim());
  const width = Number(match?.[1]);
  const height = Number(match?.[2]);
  const usable = (side: number) => side >= 1 && side <= MAX_RATIO_SIDE;
  if (!usable(width) || !usable(height)) {
    refuse(
      text,
      'an aspect ratio',
      'Write width:height in positive whole numbers, like 4:3 or 16:9.',
    );
  }
  return { width, height };
}

function parseWhole(text: string): number {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/** Mbit/s as the phones take it: a positive whole number. */
export function parseBitrate(text: string): number {
  const bitrate = parseWhole(text);
  if (!(bitrate >= 1 && bitrate <= MAX_BITRATE_MBPS)) {
    refuse(text, 'a bitrate', `Write whole Mbit/s from 1 to ${MAX_BITRATE_MBPS}, like 4.`);
  }
  return bitrate;
}

/** Pictures per second: a whole number; 0 means as many as the phone can. */
export function parseFps(text: string): number {
  const fps = parseWhole(text);
  if (!(fps <= MAX_FPS)) {
    refuse(
      text,
      'a frame rate',
      `Write a whole number from 0 (as many as it can) to ${MAX_FPS}, like 10.`,
    );
  }
  return fps;
}

const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})([T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * A point in time: an ISO date or date-time (local unless it says otherwise), or a duration before `nowMs`
 * such as `2h`. Returns milliseconds since the epoch.
 */
export function parseSince(text: string, nowMs: number): number {
  const trimmed = text.trim();
  const [, day, time = 'T00:00'] = DATE_TIME.exec(trimmed) ?? [];
  if (day !== undefined) {
    // A bare date would be read as UTC; people mean their own midnight.
    const moment = Date.parse(`${day}${time}`);
    // And 31 February as 3 March.
    const isDay = new Date(Date.parse(day)).toJSON()?.startsWith(day);
    if (isDay && !Number.isNaN(moment)) return moment;
  } else if (/^\d[\d.]*(ms|s|m|h|d)/.test(trimmed)) {
    return nowMs - parseDuration(trimmed);
  }
  return refuse(
    text,
    'a point in time',
    'Write a date like 2025-06-01 or 2025-06-01T14:30, or an age like 2h.',
  );
}
