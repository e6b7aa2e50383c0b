import { expect, it } from 'vitest';
import {
  decodeCameraCommand,
  encodeStartCapture,
  encodeStopCapture,
} from '../../src/lib/wire/camera-commands.js';

it('tells a camera to begin in the words of the contract', () => {
  expect(encodeStartCapture({ bitrate: 4, fps: 10, aspectRatio: { width: 4, height: 3 } })).toBe(
    '{"command":"start_capture","payload":{"format":"h264","bitrate":4,"fps":10,"aspectRatio":{"width":4,"height":3}}}',
  );
});

it('leaves the aspect ratio out when nobody gave one', () => {
  expect(JSON.parse(encodeStartCapture({ bitrate: 8, fps: 0 }))).toEqual({
    command: 'start_capture',
    payload: { format: 'h264', bitrate: 8, fps: 0 },
  });
});

it('tells a camera to end', () => {
  expect(encodeStopCapture()).toBe('{"command":"stop_capture"}');
});

it('is understood by its own reader', () => {
  const request = { bitrate: 4, fps: 10, aspectRatio: { width: 16, height: 9 } };
  expect(decodeCameraCommand(encodeStartCapture(request))).toEqual({
    command: 'start_capture',
    request,
  });
  expect(decodeCameraCommand(encodeStopCapture())).toEqual({ command: 'stop_capture' });
});

it.each(['', 'null', '{"command":"start_capture"}', '{"command":"dance"}', '{"command":7}'])(
  'does nothing on %s, as the app does',
  (text) => {
    expect(decodeCameraCommand(text)).toBeUndefined();
  },
);
