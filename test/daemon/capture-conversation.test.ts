import { beforeEach, describe, expect, it } from 'vitest';
import { CaptureConversation } from '../../src/lib/daemon/capture-conversation.js';
import { ManualClock } from '../support/manual-clock.js';

const order = (captureId: string) => ({
  captureId,
  label: null,
  request: { bitrate: 4, fps: 10, aspectRatio: undefined },
});

let clock: ManualClock;
let conversation: CaptureConversation;

beforeEach(() => {
  clock = new ManualClock();
  conversation = new CaptureConversation({ clock, send: () => {} });
});

describe('who waits for a phone to begin', () => {
  it('is answered when it is told to begin under another order', async () => {
    const first = conversation.start(order('first'));
    void conversation.start(order('second'));
    expect(await first).toEqual({ state: 'failed', message: 'told to begin again' });
    expect(conversation.captureStarted().order?.captureId).toBe('second');
  });

  it('is answered when it is told to end', async () => {
    const answer = conversation.start(order('first'));
    conversation.stop();
    expect(await answer).toMatchObject({ state: 'failed' });
    expect(conversation.order).toBeUndefined();
  });
});

describe('a capture that begins after a stop', () => {
  it('is the one that was called off, for a while, and then one of its own', () => {
    for (const [afterMs, isUnwanted] of [
      [0, true],
      [9_999, true],
      [10_001, false],
    ] as const) {
      void conversation.start(order('first'));
      conversation.stop();
      clock.advance(afterMs);
      expect(conversation.captureStarted()).toMatchObject({ order: undefined, isUnwanted });
    }
  });

  it('is none that was called off where none was to begin', () => {
    conversation.stop();
    expect(conversation.captureStarted().isUnwanted).toBe(false);
  });
});
