import { describe, expect, it } from 'vitest';
import { RateMeter } from '../../src/lib/daemon/rate-meter.js';

/** Feeds a steady 10 frames of 1,000 bytes a second. */
function feed(meter: RateMeter, fromMs: number, toMs: number): void {
  for (let nowMs = fromMs; nowMs < toMs; nowMs += 100) meter.add(1, 1000, nowMs);
}

describe('the rate meter', () => {
  it('says nothing before anything came', () => {
    expect(new RateMeter().read(5000)).toEqual({ fps: 0, bitsPerSecond: 0 });
  });

  it('reads a steady stream, whenever it is asked', () => {
    const meter = new RateMeter();
    feed(meter, 0, 10_000);
    for (const nowMs of [10_000, 10_450, 10_999]) {
      expect(meter.read(nowMs)).toEqual({ fps: 10, bitsPerSecond: 80_000 });
    }
  });

  it('reads the first second too', () => {
    const meter = new RateMeter();
    feed(meter, 0, 500);
    expect(meter.read(500).fps).toBe(10);
  });

  it('falls to zero within its window when the stream ends', () => {
    const meter = new RateMeter();
    feed(meter, 0, 10_000);
    expect(meter.read(12_000).fps).toBe(5);
    expect(meter.read(15_000).fps).toBe(0);
    expect(meter.read(1_000_000).fps).toBe(0);
  });
});
