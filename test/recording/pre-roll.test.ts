import { describe, expect, it } from 'vitest';
import {
  PRE_ROLL_BYTES,
  PRE_ROLL_MS,
  PRE_ROLL_PACKETS,
  PreRoll,
  STALE_MS,
  STALE_WINDOW,
  type UnclaimedReason,
} from '../../src/lib/recording/pre-roll.js';
import type { ReceivedPacket } from '../../src/lib/recording/received-packet.js';
import { packet } from '../support/zero-packets.js';

function preRoll() {
  const unclaimed: [number, UnclaimedReason][] = [];
  const roll = new PreRoll((packets, reason) => unclaimed.push([packets, reason]));
  const hold = (...packets: ReceivedPacket[]) => {
    for (const held of packets) roll.hold(held);
  };
  const claim = (nowMs = 0) => roll.claim(nowMs).map(({ sequence }) => sequence);
  return { roll, unclaimed, hold, claim };
}

describe('claiming', () => {
  it('hands over everything in order, once', () => {
    const { hold, claim, roll } = preRoll();
    hold(packet(0, 'config'), packet(1, 'key'), packet(2, 'delta'));
    expect(roll.bytes).toBe(30);
    expect(claim()).toEqual([0, 1, 2]);
    expect(claim()).toEqual([]);
    expect(roll.bytes).toBe(0);
  });
});

describe('stale packets', () => {
  it('carry on the numbers of the capture before, across 2^32 too', () => {
    const { roll, unclaimed, hold, claim } = preRoll();
    roll.captureEnded(2 ** 32 - 2);
    hold(packet(2 ** 32 - 1, 'delta'), packet(1, 'delta'));
    hold(packet(0, 'config'), packet(1, 'key'), packet(2, 'delta'));
    expect(unclaimed).toEqual([
      [1, 'stale'],
      [1, 'stale'],
    ]);
    expect(claim()).toEqual([0, 1, 2]);
  });

  it('are stale with and without a picture: a capture may end with an empty payload', () => {
    const { roll, unclaimed, hold, claim } = preRoll();
    roll.captureEnded(20);
    hold(packet(21, 'config', { bytes: 0 }), packet(22, 'key'), packet(23, 'delta'));
    hold(packet(0, 'config'), packet(1, 'key'));
    expect(unclaimed).toEqual(Array.from({ length: 3 }, () => [1, 'stale']));
    expect(claim()).toEqual([0, 1]);
  });

  it('are known so far beyond the last number, and no further', () => {
    const { roll, unclaimed, hold, claim } = preRoll();
    roll.captureEnded(20);
    hold(packet(20 + STALE_WINDOW, 'delta'));
    expect(unclaimed).toEqual([[1, 'stale']]);
    hold(packet(21 + STALE_WINDOW, 'key'));
    expect(unclaimed).toHaveLength(1);
    expect(claim()).toEqual([21 + STALE_WINDOW]);
    // A sender whose captures go on counting is soon beyond it, and one that is late is not.
    expect(STALE_WINDOW).toBeLessThan(10_000);
    expect(STALE_WINDOW).toBeGreaterThan(100);
  });

  it.each([
    ['one follows the other', 1],
    ['some are lost', 3],
  ])('are known for ever where %s: a camera that does not stop', (_, step) => {
    const { roll, unclaimed, hold, claim } = preRoll();
    roll.captureEnded(20);
    const numbers = Array.from({ length: 3 * STALE_WINDOW }, (_, index) => 21 + index * step);
    hold(...numbers.map((sequence) => packet(sequence, 'delta')));
    expect(unclaimed).toEqual(numbers.map(() => [1, 'stale']));
    hold(packet(0, 'config'), packet(1, 'key'));
    expect(claim()).toEqual([0, 1]);
  });

  it('are stale however long before the end their capture began', () => {
    const { roll, unclaimed, hold } = preRoll();
    roll.claim(0);
    roll.captureEnded(20);
    hold(packet(21, 'key', { arrivalMs: STALE_MS + 1 }));
    expect(unclaimed).toEqual([[1, 'stale']]);
  });

  it('are not suspected once the next capture has begun', () => {
    const { roll, unclaimed, hold, claim } = preRoll();
    roll.captureEnded(2);
    hold(packet(0, 'config'), packet(1, 'key'), packet(2, 'delta'), packet(3, 'delta'));
    expect(claim()).toEqual([0, 1, 2, 3]);
    expect(unclaimed).toEqual([]);
  });

  it('are those before a sequence that begins anew', () => {
    const { roll, unclaimed, hold, claim } = preRoll();
    hold(packet(0, 'config'), packet(1, 'key'), packet(2, 'delta'));
    hold(packet(0, 'config'), packet(1, 'key'));
    // A repetition of a number that is held does not begin anew.
    expect(unclaimed).toEqual([]);
    expect(claim()).toEqual([0, 1, 2, 0, 1]);
    hold(packet(0, 'config'), packet(1, 'key'), packet(3, 'delta'), packet(2, 'delta'));
    // Nor does one that has only come late.
    expect(claim()).toEqual([0, 1, 3, 2]);
    hold(packet(57, 'delta'), packet(58, 'delta'), packet(0, 'config'), packet(1, 'key'));
    expect(unclaimed).toEqual([[2, 'stale']]);
    expect(roll.bytes).toBe(20);
    expect(claim()).toEqual([0, 1]);
  });

  it('are the configuration of a capture that never began, once another capture brings its own', () => {
    const { unclaimed, hold, claim } = preRoll();
    const nalUnits = [Buffer.of(0x67), Buffer.of(0x68)];
    const configAt = (arrivalMs: number) => ({ ...packet(0, 'config', { arrivalMs }), nalUnits });
    hold(configAt(0), packet(1, 'key'), configAt(PRE_ROLL_MS + 1));
    expect(unclaimed).toEqual([[2, 'stale']]);
    // An encoder may end its capture with an empty payload, of whatever number.
    hold(packet(0, 'config', { arrivalMs: 3 * PRE_ROLL_MS }));
    expect(claim(3 * PRE_ROLL_MS)).toEqual([0, 0]);
  });
});

describe('bounds', () => {
  it('give up old pictures up to the next key picture, never the configuration', () => {
    const { unclaimed, hold, claim } = preRoll();
    hold(packet(0, 'config'), packet(1, 'key'), packet(2, 'delta', { arrivalMs: 5000 }));
    hold(packet(3, 'config', { arrivalMs: 6000 }));
    hold(packet(4, 'key', { arrivalMs: 6000 }), packet(5, 'delta', { arrivalMs: 7000 }));
    expect(claim(PRE_ROLL_MS + 1)).toEqual([0, 3, 4, 5]);
    expect(unclaimed).toEqual([[2, 'expired']]);
  });

  it('give up old pictures as others come, whether or not they are claimed', () => {
    const { roll, unclaimed, hold } = preRoll();
    hold(packet(0, 'config'), packet(1, 'key'));
    hold(packet(2, 'key', { arrivalMs: PRE_ROLL_MS }));
    expect(unclaimed).toEqual([]);
    hold(packet(3, 'key', { arrivalMs: PRE_ROLL_MS + 1 }));
    expect(unclaimed).toEqual([[1, 'expired']]);
    expect([roll.packets, roll.bytes]).toEqual([3, 30]);
  });

  it('hold at most so many bytes', () => {
    const { roll, unclaimed, hold, claim } = preRoll();
    const bytes = PRE_ROLL_BYTES / 4;
    hold(packet(0, 'config'), packet(1, 'key', { bytes }), packet(2, 'delta', { bytes }));
    hold(packet(3, 'key', { bytes }), packet(4, 'delta', { bytes }));
    expect(unclaimed).toEqual([[2, 'overflow']]);
    expect(roll.bytes).toBeLessThanOrEqual(PRE_ROLL_BYTES);
    expect(claim()).toEqual([0, 3, 4]);
  });

  it('hold at most so many packets, however small', () => {
    const { roll, unclaimed, hold } = preRoll();
    for (let sequence = 0; sequence < PRE_ROLL_PACKETS * 3; sequence += 1) {
      hold(packet(sequence, 'config', { bytes: 0 }));
    }
    expect(roll.packets).toBeLessThanOrEqual(PRE_ROLL_PACKETS);
    const given = unclaimed.reduce((sum, [packets]) => sum + packets, 0);
    expect(given + roll.packets).toBe(PRE_ROLL_PACKETS * 3);
  });

  it('tell whether one more packet would cost another', () => {
    const { roll, hold } = preRoll();
    hold(packet(0, 'config', { bytes: PRE_ROLL_BYTES - 10 }));
    expect([roll.hasRoomFor(10), roll.hasRoomFor(11)]).toEqual([true, false]);
    roll.abandon();
    for (let sequence = 1; sequence < PRE_ROLL_PACKETS; sequence += 1) {
      hold(packet(sequence, 'key', { bytes: 0 }));
    }
    expect(roll.hasRoomFor(0)).toBe(true);
    hold(packet(PRE_ROLL_PACKETS, 'key', { bytes: 0 }));
    expect(roll.hasRoomFor(0)).toBe(false);
  });

  it('give up the oldest of too many pictures, and keep most', () => {
    const { unclaimed, hold, claim } = preRoll();
    for (let sequence = 0; sequence <= PRE_ROLL_PACKETS; sequence += 1) {
      hold(packet(sequence, 'key', { bytes: 0 }));
    }
    const [[given = 0, reason] = []] = unclaimed;
    expect([unclaimed.length, reason]).toEqual([1, 'overflow']);
    expect(given).toBeLessThan(PRE_ROLL_PACKETS / 2);
    const kept = claim();
    expect([kept.length, kept[0]]).toEqual([PRE_ROLL_PACKETS + 1 - given, given]);
  });

  it('count what is left when the camera leaves', () => {
    const { roll, unclaimed, hold } = preRoll();
    hold(packet(0, 'config'), packet(1, 'key'));
    roll.abandon();
    expect(unclaimed).toEqual([[2, 'disconnected']]);
    expect([roll.packets, roll.bytes]).toEqual([0, 0]);
  });
});
