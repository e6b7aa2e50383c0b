/**
 * The text messages of a phone, as the app words them. The contract is docs/protocol.md.
 */
import type { AspectRatio, CaptureRequest } from '../wire/camera-commands.js';

/** Said once, right after connecting. */
export function readyMessage(): string {
  return JSON.stringify({ status: 'ready', message: 'Camera ready to receive commands' });
}

/** Sizes that phones of the kind offer; one entry for each camera and size. */
const SENSOR_SIZES = [
  { width: 4032, height: 3024, lensFacing: 'back' },
  { width: 1920, height: 1440, lensFacing: 'back' },
  { width: 1920, height: 1080, lensFacing: 'back' },
  { width: 1280, height: 960, lensFacing: 'front' },
];

/** Model and cameras, said after `ready`. */
export function capabilitiesMessage(deviceModel: string): string {
  return JSON.stringify({
    type: 'capabilities',
    deviceModel,
    sdkInt: 35,
    resolutions: SENSOR_SIZES.map(({ width, height, lensFacing }) => ({
      width,
      height,
      format: 'YUV_420_888',
      lensFacing,
    })),
    imageAnalysisResolution: { width: 1920, height: 1920 },
  });
}

/** Said when the encoder runs, in words that repeat what was asked for. */
export function captureStartedMessage(request: CaptureRequest, ratio: AspectRatio): string {
  const { bitrate, fps } = request;
  const rate = fps > 0 ? `${fps}fps` : 'max fps';
  return JSON.stringify({
    status: 'capture_started',
    message: `Streaming H.264 at ${ratio.width}:${ratio.height} aspect ratio, ${bitrate}MB bitrate (${rate})`,
  });
}

/** Said when the encoder has ended. */
export function captureStoppedMessage(): string {
  return JSON.stringify({ status: 'capture_stopped', message: 'Streaming stopped' });
}

/** Said where a capture cannot go on, in a sentence for people. */
export function errorMessageOf(sentence: string): string {
  return JSON.stringify({ status: 'error', message: sentence });
}
