/**
 * How the parameters of the admin channel's methods are checked. Apart from the protocol's types, so that only the
 * daemon loads the validator.
 */
import * as v from 'valibot';
import {
  MAX_BITRATE_MBPS,
  MAX_FPS,
  MAX_LABEL_CHARS,
  MAX_RATIO_SIDE,
  MAX_TIMER_MS,
} from '../base/units.js';

/** Most `devices` in one call. */
const MAX_SELECTORS = 256;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_LABEL_CHARS));
const whole = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const selectors = v.optional(v.pipe(v.array(name), v.maxLength(MAX_SELECTORS)));
const timeoutMs = whole(0, MAX_TIMER_MS);

const aspectRatioSchema = v.strictObject({
  width: whole(1, MAX_RATIO_SIDE),
  height: whole(1, MAX_RATIO_SIDE),
});

/** Parameters by name. An array is by position, and an empty one would pass for an object without members. */
const byName = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.pipe(
    v.custom<v.InferInput<Schema>>(
      (params) => !Array.isArray(params),
      'Parameters go by name, not by position.',
    ),
    schema,
  );

const startCapture = v.strictObject({
  /** Mbit/s. */
  bitrate: v.optional(whole(1, MAX_BITRATE_MBPS), 4),
  /** Pictures per second; 0: as many as the phone can. */
  fps: v.optional(whole(0, MAX_FPS), 10),
  /** Left out: the ratio chosen on the phone. */
  aspectRatio: v.optional(aspectRatioSchema),
  /** Names, ids or unique prefixes; left out: every phone. */
  devices: selectors,
  label: v.optional(name),
  /** How long to wait for the phones to begin; 0: not at all. */
  timeoutMs: v.optional(timeoutMs, 10_000),
});

/** Each parameter has a default, so that all of them may be left out (JSON-RPC 2.0, 4). */
export const startCaptureSchema = v.optional(byName(startCapture), {});

const stopCapture = v.strictObject({
  /** Names, ids or unique prefixes; left out: every phone. */
  devices: selectors,
  /** Only the phones of this capture. */
  captureId: v.optional(name),
  /** How long to wait for the sessions to be finished; 0: not at all. */
  timeoutMs: v.optional(timeoutMs, 30_000),
});

export const stopCaptureSchema = v.optional(byName(stopCapture), {});

export const noParamsSchema = v.optional(byName(v.strictObject({})), {});
