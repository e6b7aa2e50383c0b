import { expect, it } from 'vitest';
import { PacketIntake } from '../../src/lib/daemon/packet-intake.js';
import { annexB, idrAndSets, pps, sps } from '../support/h264-builder.js';

it('counts in the rates of a capture nothing that came before it', () => {
  const intake = new PacketIntake();
  const receive = (nowMs: number, payload = annexB(idrAndSets)) => {
    intake.receive({ timestampMs: nowMs, sequence: nowMs, payload }, nowMs, nowMs, true);
  };
  // Parameter sets alone are no frame.
  receive(0, annexB([sps(), pps()]));
  for (let nowMs = 0; nowMs < 1_000; nowMs += 100) receive(nowMs);
  expect(intake.rates(1_000).fps).toBe(10);
  intake.captureStarted();
  expect(intake.rates(1_000)).toEqual({ fps: 0, bitsPerSecond: 0 });
  receive(1_000);
  expect(intake.rates(2_000).fps).toBe(1);
});
