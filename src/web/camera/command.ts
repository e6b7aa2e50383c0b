/**
 * What the server tells a camera (docs/protocol.md). As in the app, what is not understood is silently nothing.
 */
import type { Ratio } from './picture-area.js';

export interface CaptureOrder {
  readonly bitsPerSecond: number;
  /** 0: as many as the camera can. */
  readonly fps: number;
  /** Left out: the ratio chosen on the page. */
  readonly aspectRatio: Ratio | undefined;
}

export type Command =
  | { readonly command: 'start'; readonly order: CaptureOrder }
  | { readonly command: 'stop' };

const DEFAULT_MBPS = 4;

export function parseCommand(text: string): Command | undefined {
  const message = asObject(parseJson(text));
  if (message?.['command'] === 'stop_capture') return { command: 'stop' };
  const payload = asObject(message?.['payload']);
  if (message?.['command'] !== 'start_capture' || payload === undefined) return undefined;
  const ratio = asObject(payload['aspectRatio']);
  const width = positive(ratio?.['width']);
  const height = positive(ratio?.['height']);
  return {
    command: 'start',
    order: {
      // Labelled MB, meant as 1,000,000 bits per second; fractions are cut off.
      bitsPerSecond: Math.max(1, Math.trunc(positive(payload['bitrate']) ?? DEFAULT_MBPS)) * 1e6,
      fps: positive(payload['fps']) ?? 0,
      aspectRatio: width === undefined || height === undefined ? undefined : { width, height },
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Record<string, unknown>;
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}
