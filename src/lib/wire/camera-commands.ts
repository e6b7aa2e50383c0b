/**
 * The commands that the server sends to a camera. The contract is docs/protocol.md.
 */
import * as v from 'valibot';

export interface AspectRatio {
  readonly width: number;
  readonly height: number;
}

export interface CaptureRequest {
  /** Mbit/s, a positive integer. (The app labels it MB and multiplies it by 1,000,000 bits per second.) */
  readonly bitrate: number;
  /** Pictures per second; 0 means as many as the camera can. */
  readonly fps: number;
  /** Left out: the ratio chosen on the camera's own screen. 1:1 means: do not crop. */
  readonly aspectRatio?: AspectRatio | undefined;
}

/** What the original server asked for when the operator said nothing. */
export const DEFAULT_CAPTURE_REQUEST: CaptureRequest = { bitrate: 4, fps: 10 };

/** The text message that tells a camera to begin. */
export function encodeStartCapture(request: CaptureRequest): string {
  const { bitrate, fps, aspectRatio } = request;
  return JSON.stringify({
    command: 'start_capture',
    payload: { format: 'h264', bitrate, fps, ...(aspectRatio && { aspectRatio }) },
  });
}

/** The text message that tells a camera to end. */
export function encodeStopCapture(): string {
  return JSON.stringify({ command: 'stop_capture' });
}

export type CameraCommand =
  | { readonly command: 'start_capture'; readonly request: CaptureRequest }
  | { readonly command: 'stop_capture' };

const ratioSchema = v.object({ width: v.number(), height: v.number() });

const commandSchema = v.variant('command', [
  v.object({
    command: v.literal('start_capture'),
    payload: v.object({
      bitrate: v.optional(v.number(), DEFAULT_CAPTURE_REQUEST.bitrate),
      fps: v.optional(v.number(), 0),
      aspectRatio: v.optional(ratioSchema),
    }),
  }),
  v.object({ command: v.literal('stop_capture') }),
]);

/** Reads a command as a camera does: one that it does not understand, or a start without `payload`, is silently nothing. */
export function decodeCameraCommand(message: string): CameraCommand | undefined {
  let json: unknown;
  try {
    json = JSON.parse(message);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(commandSchema, json);
  if (!parsed.success) return undefined;
  if (parsed.output.command === 'stop_capture') return { command: 'stop_capture' };
  return { command: 'start_capture', request: parsed.output.payload };
}
