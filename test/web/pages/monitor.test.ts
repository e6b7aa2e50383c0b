/** The parts of the monitor page that need no browser. */
import { describe, expect, it } from 'vitest';
import { stopOutcome } from '../../../src/web/monitor/capture-form.js';
import { codecString } from '../../../src/web/monitor/codec-string.js';
import { DelayMeter } from '../../../src/web/monitor/delay.js';
import { sentence } from '../../../src/web/monitor/event-list.js';
import { ServerClock } from '../../../src/web/monitor/server-clock.js';

describe('the codec of a stream', () => {
  it('is told by its first sequence parameter set', () => {
    const stream = [0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0xff];
    expect(codecString(Uint8Array.from(stream))).toBe('avc1.42c01e');
  });

  it('is unknown without one, or with half of one', () => {
    expect(codecString(Uint8Array.of(0, 0, 1, 0x65, 0x88, 1, 2, 3))).toBeUndefined();
    expect(codecString(Uint8Array.of(0, 0, 1, 0x67, 0x42))).toBeUndefined();
  });
});

describe('what it says', () => {
  const device = {
    ...{ id: '192.0.2.7_4001', name: 'bench-1', address: '192.0.2.7:4001', state: 'idle' as const },
    ...{ sessionId: null, fps: 0, bitrate: 0, frames: 0, lost: 0, dropped: 0, lastSeenMs: 0 },
  };

  it.each([
    ['Pixel 6a', 'bench-1 is a Pixel 6a'],
    [null, 'bench-1 does not say what it is'],
  ])('of the model %j: %s', (model, expected) => {
    const event = { event: 'device.capabilities', device: { ...device, model } } as const;
    expect(sentence(event)).toBe(expected);
  });

  it('of a stop that left something to be desired', () => {
    const done = { device: 'bench-1', state: 'complete', reasonText: 'it stopped' } as const;
    const late = { device: 'bench-2', state: 'recording', reasonText: null } as const;
    const failed = { device: 'bench-3', state: 'failed', reasonText: 'the disk is full' } as const;
    expect(stopOutcome([])).toBe('No camera was recording.');
    expect(stopOutcome([done, { ...done, state: 'recovered' }])).toBe('2 sessions finished.');
    expect(stopOutcome([done, late, failed])).toBe(
      '1 session finished. bench-2: not finished yet. bench-3 failed: the disk is full.',
    );
    expect(stopOutcome([failed])).toBe('bench-3 failed: the disk is full.');
  });
});

describe("the server's clock", () => {
  it('is unknown before the first answer', () => {
    expect(new ServerClock().toServer(1000)).toBeUndefined();
  });

  it('goes by the quickest answer', () => {
    const clock = new ServerClock();
    clock.add(1000, 6200, 1400);
    clock.add(2000, 7010, 2020);
    clock.add(3000, 8900, 3900);
    expect(clock.toServer(5000)).toBe(10_000);
  });
});

describe('the delay', () => {
  const EPOCH = 1_750_000_000_000;

  it('is known of a camera that goes by the wall clock', () => {
    const meter = new DelayMeter();
    for (let n = 0; n < 50; n += 1) {
      const taken = EPOCH + n * 100;
      meter.add({ timestampMs: taken, arrivalMs: taken + 40 }, taken + 70);
    }
    expect(meter.delay?.atLeast).toBe(false);
    expect(meter.delay?.ms).toBeCloseTo(70);
  });

  it('of one that counts from its start is what comes on top of its least delayed picture', () => {
    const meter = new DelayMeter();
    for (let n = 0; n < 200; n += 1) {
      const arrivalMs = EPOCH + n * 100 + (n < 100 ? 0 : 50);
      meter.add({ timestampMs: 5_000_000 + n * 100, arrivalMs }, arrivalMs + 20);
    }
    expect(meter.delay?.atLeast).toBe(true);
    expect(meter.delay?.ms).toBeCloseTo(70);
  });

  it('begins anew when the camera counts from another start', () => {
    const meter = new DelayMeter();
    meter.add({ timestampMs: 90_000_000, arrivalMs: EPOCH }, EPOCH + 10);
    for (let n = 0; n < 60; n += 1) {
      const arrivalMs = EPOCH + n * 100;
      meter.add({ timestampMs: 1000 + n * 100, arrivalMs }, arrivalMs + 10);
    }
    expect(meter.delay?.ms).toBeCloseTo(10);
  });
});
