import { describe, expect, it } from 'vitest';
import {
  decodeCameraMessage,
  MAX_RESOLUTIONS,
  MAX_TEXT_CHARS,
} from '../../src/lib/wire/camera-messages.js';

const read = (value: unknown) => decodeCameraMessage(JSON.stringify(value));

describe('statuses', () => {
  it.each(['ready', 'capture_started', 'capture_stopped', 'error'])('%s', (status) => {
    expect(read({ status, message: 'x' })).toEqual({ kind: 'status', status, message: 'x' });
  });

  it('need no message, and take any', () => {
    expect(read({ status: 'ready' })).toMatchObject({ kind: 'status', message: '' });
    expect(read({ status: 'ready', message: 17 })).toMatchObject({ kind: 'status', message: '' });
  });

  it('lose what is too long to keep, and fields that nobody knows', () => {
    const decoded = read({ status: 'error', message: 'm'.repeat(9999), battery: 3 });
    expect(decoded).toEqual({
      kind: 'status',
      status: 'error',
      message: 'm'.repeat(MAX_TEXT_CHARS),
    });
  });

  it('lose no half of a character', () => {
    const decoded = read({ status: 'error', message: `m${'🎥'.repeat(MAX_TEXT_CHARS)}` });
    expect(decoded).toMatchObject({ message: `m${'🎥'.repeat(MAX_TEXT_CHARS / 2 - 1)}` });
  });

  it('lose of a model what would fill the line of a camera that is named by it', () => {
    const decoded = read({ type: 'capabilities', deviceModel: 'M'.repeat(500) });
    expect(decoded).toMatchObject({ capabilities: { deviceModel: 'M'.repeat(64) } });
  });
});

describe('capabilities', () => {
  it('of a phone', () => {
    const sent = {
      type: 'capabilities',
      deviceModel: 'Pixel 6a',
      sdkInt: 35,
      resolutions: [
        { width: 4032, height: 3024, format: 'YUV_420_888', lensFacing: 'back' },
        { width: 640, height: 480 },
      ],
      imageAnalysisResolution: { width: 1920, height: 1920 },
    };
    expect(read(sent)).toEqual({
      kind: 'capabilities',
      capabilities: {
        deviceModel: 'Pixel 6a',
        sdkInt: 35,
        resolutions: [
          { width: 4032, height: 3024, format: 'YUV_420_888', lensFacing: 'back' },
          { width: 640, height: 480, format: undefined, lensFacing: undefined },
        ],
      },
    });
  });

  it('keep their good parts when others are malformed', () => {
    const resolutions = [{ width: '4032' }, null, { width: 640, height: 480 }];
    const decoded = read({ type: 'capabilities', sdkInt: 'x', resolutions });
    expect(decoded).toMatchObject({
      capabilities: { sdkInt: undefined, resolutions: [{ width: 640, height: 480 }] },
    });
  });

  it('are looked at up to a limit', () => {
    const resolutions = Array.from({ length: 9_999 }, () => ({ width: 1, height: 1 }));
    const decoded = read({ type: 'capabilities', resolutions });
    if (decoded.kind !== 'capabilities') throw new Error(decoded.kind);
    expect(decoded.capabilities.resolutions).toHaveLength(MAX_RESOLUTIONS);
  });

  it('are ignored when the model is no text', () => {
    expect(read({ type: 'capabilities', deviceModel: {} })).toEqual({
      kind: 'ignored',
      reason: 'malformed-capabilities',
    });
  });
});

describe('what is ignored, and why', () => {
  it.each([
    ['', 'not-json'],
    ['{', 'not-json'],
    ['\ufeff{}', 'not-json'],
    ['null', 'not-an-object'],
    ['17', 'not-an-object'],
    ['"ready"', 'not-an-object'],
    ['[{"status":"ready"}]', 'not-an-object'],
    ['{}', 'unknown-message'],
    ['{"status":"READY"}', 'unknown-message'],
    ['{"status":["ready"]}', 'unknown-message'],
    ['{"type":"telemetry"}', 'unknown-message'],
    ['{"__proto__":{"status":"ready"}}', 'unknown-message'],
  ])('%s', (text, reason) => {
    expect(decodeCameraMessage(text)).toEqual({ kind: 'ignored', reason });
  });

  it('also what is nested without end', () => {
    const depth = 100_000;
    const bomb = '['.repeat(depth) + ']'.repeat(depth);
    expect(decodeCameraMessage(bomb)).toMatchObject({ kind: 'ignored' });
    expect(decodeCameraMessage(`{"status":"ready","x":${bomb}}`).kind).toMatch(/status|ignored/);
  });
});
