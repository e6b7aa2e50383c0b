/** The parts of the camera page that need no browser. */
import { describe, expect, it } from 'vitest';
import { encodeStartCapture, encodeStopCapture } from '../../../src/lib/wire/camera-commands.js';
import { decodeFramePacket } from '../../../src/lib/wire/frame-packet.js';
import { parseCommand } from '../../../src/web/camera/command.js';
import { levelFor } from '../../../src/web/camera/encoder-choice.js';
import { Pace } from '../../../src/web/camera/pace.js';
import { encodePacket } from '../../../src/web/camera/packet.js';
import { pictureArea } from '../../../src/web/camera/picture-area.js';

describe('the area that is sent', () => {
  it.each([
    ['16:9 of 4:3', { width: 640, height: 480 }, { width: 16, height: 9 }, [0, 60, 640, 360]],
    ['4:3 of 16:9', { width: 1280, height: 720 }, { width: 4, height: 3 }, [160, 0, 960, 720]],
    ['the same ratio', { width: 640, height: 480 }, { width: 4, height: 3 }, [0, 0, 640, 480]],
    [
      'a standing picture',
      { width: 720, height: 1280 },
      { width: 4, height: 3 },
      [0, 160, 720, 960],
    ],
    ['1:1, uncropped', { width: 1280, height: 720 }, { width: 1, height: 1 }, [0, 0, 1280, 720]],
    ['no ratio', { width: 1280, height: 720 }, undefined, [0, 0, 1280, 720]],
    ['odd sizes', { width: 641, height: 481 }, { width: 16, height: 9 }, [0, 60, 640, 360]],
    [
      'an extreme ratio',
      { width: 640, height: 480 },
      { width: 65535, height: 1 },
      [0, 238, 640, 2],
    ],
  ])('%s', (_, picture, ratio, [x, y, width, height]) => {
    expect(pictureArea(picture, ratio)).toEqual({ x, y, width, height });
  });
});

describe('the pace', () => {
  const idle = { unsentBytes: 0, inEncoder: 0 };

  /** How many of a camera's pictures are taken over some seconds, each after `load` was looked at. */
  function taken(pace: Pace, cameraFps: number, seconds: number, load = idle): number {
    const times = Array.from({ length: cameraFps * seconds }, (_, n) => (n * 1000) / cameraFps);
    // Cameras are a few milliseconds early or late.
    return times.filter((time, n) => pace.takes(time + (n % 3) * 3, load)).length;
  }

  it.each([
    [30, 10, 100],
    [20, 10, 100],
    [30, 7, 70],
    [10, 30, 100],
    [25, 0, 250],
  ])('of a camera at %d for %d a second', (camera, asked, expected) => {
    expect(Math.abs(taken(new Pace(asked, 4e6), camera, 10) - expected)).toBeLessThanOrEqual(2);
  });

  it('is lowered while data waits for the network, and recovers', () => {
    const pace = new Pace(20, 1e6);
    const half = { unsentBytes: 1e6 / 8 / 2, inEncoder: 0 };
    const slow = taken(pace, 20, 10, half);
    expect(pace.slowdown).toBe(16);
    expect(slow).toBeLessThan(60);
    const recovered = Array.from({ length: 100 }, (_, n) => pace.takes(20_000 + n * 50, idle));
    expect(pace.slowdown).toBe(1);
    expect(recovered.slice(-20).every(Boolean)).toBe(true);
  });

  it('stops while the network is hopeless or the encoder is full', () => {
    const hopeless = { unsentBytes: 1e6, inEncoder: 0 };
    expect(taken(new Pace(10, 1e6), 10, 5, hopeless)).toBe(0);
    expect(taken(new Pace(10, 1e6), 10, 5, { unsentBytes: 0, inEncoder: 9 })).toBe(0);
  });
});

describe('commands', () => {
  it('are read as the server writes them', () => {
    const aspectRatio = { width: 16, height: 9 };
    expect(parseCommand(encodeStartCapture({ bitrate: 6, fps: 15, aspectRatio }))).toEqual({
      command: 'start',
      order: { bitsPerSecond: 6e6, fps: 15, aspectRatio },
    });
    expect(parseCommand(encodeStartCapture({ bitrate: 4, fps: 0 }))).toEqual({
      command: 'start',
      order: { bitsPerSecond: 4e6, fps: 0, aspectRatio: undefined },
    });
    expect(parseCommand(encodeStopCapture())).toEqual({ command: 'stop' });
  });

  it.each([
    '',
    'null',
    '[]',
    '{"command":"start_capture"}',
    '{"command":"dance","payload":{}}',
    '{"command":"start_capture","payload":7}',
  ])('%s is silently nothing', (text) => {
    expect(parseCommand(text)).toBeUndefined();
  });

  it('have fractions of a bitrate cut off and nonsense left out', () => {
    const payload = { bitrate: 2.9, fps: -1, aspectRatio: { width: 0, height: 3 } };
    expect(parseCommand(JSON.stringify({ command: 'start_capture', payload }))).toEqual({
      command: 'start',
      order: { bitsPerSecond: 2e6, fps: 0, aspectRatio: undefined },
    });
  });
});

it('builds packets that the server reads', () => {
  const data = Uint8Array.of(0, 0, 0, 1, 0x65, 1, 2, 3);
  const chunk = { byteLength: data.length, copyTo: (target: Uint8Array) => target.set(data) };
  const message = encodePacket(1_750_000_000_123, 0xffffffff, chunk as EncodedVideoChunk);
  expect(decodeFramePacket(Buffer.from(message))).toEqual({
    ok: true,
    packet: { timestampMs: 1_750_000_000_123, sequence: 0xffffffff, payload: Buffer.from(data) },
  });
});

it.each([
  [640, 480, 10, 0x1e],
  [1280, 720, 30, 0x1f],
  [1920, 1080, 30, 0x28],
  [1920, 1440, 60, 0x33],
  [3840, 2160, 60, 0x34],
])('finds the level for %d × %d at %d a second', (width, height, fps, level) => {
  expect(levelFor({ width, height, fps })).toBe(level);
});
