/**
 * The text messages between a camera and the server: JSON objects. The contract is docs/protocol.md.
 */
import * as v from 'valibot';
import { cutText } from '../base/cut-text.js';

/** Longest `message` that is kept, and whatever else is text; the rest is cut off. */
export const MAX_TEXT_CHARS = 500;

/** Longest `deviceModel` that is kept: it stands in a camera's name, and so in each line of the log and row of a table. */
export const MAX_MODEL_CHARS = 64;

/** Most entries of `resolutions` that are looked at. */
export const MAX_RESOLUTIONS = 256;

export type CameraStatus = 'ready' | 'capture_started' | 'capture_stopped' | 'error';

export type IgnoredReason =
  | 'not-json'
  | 'not-an-object'
  | 'unknown-message'
  | 'malformed-capabilities';

export interface Resolution {
  readonly width: number;
  readonly height: number;
  readonly format: string | undefined;
  readonly lensFacing: string | undefined;
}

export interface Capabilities {
  readonly deviceModel: string | undefined;
  readonly sdkInt: number | undefined;
  readonly resolutions: readonly Resolution[];
}

/** What one text message says. Nothing in it is ever fatal: what is not understood is `ignored`, with the reason to count. */
export type CameraMessage =
  | { readonly kind: 'status'; readonly status: CameraStatus; readonly message: string }
  | { readonly kind: 'capabilities'; readonly capabilities: Capabilities }
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason };

const textOf = (maxChars: number) =>
  v.pipe(
    v.string(),
    v.transform((value) => cutText(value, maxChars)),
  );

const text = textOf(MAX_TEXT_CHARS);

const statusSchema = v.object({
  status: v.picklist(['ready', 'capture_started', 'capture_stopped', 'error']),
  message: v.fallback(text, ''),
});

const resolutionSchema = v.object({
  width: v.number(),
  height: v.number(),
  format: v.fallback(v.optional(text), undefined),
  lensFacing: v.fallback(v.optional(text), undefined),
});

const capabilitiesSchema = v.object({
  type: v.literal('capabilities'),
  deviceModel: v.optional(textOf(MAX_MODEL_CHARS)),
  sdkInt: v.fallback(v.optional(v.number()), undefined),
  resolutions: v.fallback(v.array(v.unknown()), []),
});

/** Reads one text message. Never throws. */
export function decodeCameraMessage(message: string): CameraMessage {
  let json: unknown;
  try {
    json = JSON.parse(message);
  } catch {
    return { kind: 'ignored', reason: 'not-json' };
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { kind: 'ignored', reason: 'not-an-object' };
  }
  const status = v.safeParse(statusSchema, json);
  if (status.success) return { kind: 'status', ...status.output };
  if (!('type' in json) || json.type !== 'capabilities') {
    return { kind: 'ignored', reason: 'unknown-message' };
  }
  const capabilities = v.safeParse(capabilitiesSchema, json);
  if (!capabilities.success) return { kind: 'ignored', reason: 'malformed-capabilities' };
  const { deviceModel, sdkInt, resolutions } = capabilities.output;
  return {
    kind: 'capabilities',
    capabilities: { deviceModel, sdkInt, resolutions: knownResolutions(resolutions) },
  };
}

/** The entries that have a size; a malformed entry does not spoil the others. */
function knownResolutions(entries: readonly unknown[]): Resolution[] {
  return entries.slice(0, MAX_RESOLUTIONS).flatMap((entry) => {
    const parsed = v.safeParse(resolutionSchema, entry);
    if (!parsed.success) return [];
    const { width, height, format, lensFacing } = parsed.output;
    return [{ width, height, format, lensFacing }];
  });
}
