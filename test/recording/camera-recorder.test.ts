import { describe, expect, it } from 'vitest';
import { CameraRecorder, RESTART_MS } from '../../src/lib/recording/camera-recorder.js';
import { PRE_ROLL_BYTES, PRE_ROLL_PACKETS, STALE_MS } from '../../src/lib/recording/pre-roll.js';
import type { ReceivedPacket } from '../../src/lib/recording/received-packet.js';
import type { FinishedSession } from '../../src/lib/recording/session-info.js';
import type { SessionRecorder } from '../../src/lib/recording/session-recorder.js';
import { packet } from '../support/zero-packets.js';

/** A recorder whose sessions only note what they are given; number 0 begins anew. */
function camera() {
  const sessions: number[][] = [];
  const unclaimed: unknown[] = [];
  const nearlyTooLarge = { value: false };
  const stopping = { value: false };
  const recorder = new CameraRecorder({
    openSession() {
      const taken: number[] = [];
      sessions.push(taken);
      const session: Partial<SessionRecorder> = {
        get isEmpty() {
          return taken.length === 0;
        },
        get isNearlyTooLarge() {
          return nearlyTooLarge.value;
        },
        get lastSequence() {
          return taken.at(-1);
        },
        append: ({ sequence }) => taken.push(sequence),
        beginsAnew: ({ sequence }) => sequence === 0 && taken.length > 0,
        finish: async () => ({}) as FinishedSession,
      };
      return session as SessionRecorder;
    },
    isStopping: () => stopping.value,
    finished: () => {},
    unclaimed: (...given) => unclaimed.push(given),
    leftover: () => {},
  });
  const send = (...packets: ReceivedPacket[]) => {
    for (const sent of packets) recorder.packet(sent);
  };
  recorder.captureStarted(0);
  send(packet(0, 'config'), packet(1, 'key'), packet(2, 'delta'));
  return { recorder, sessions, unclaimed, send, nearlyTooLarge, stopping };
}

it('goes on in another session at a key picture whose number says nothing of lost ones', () => {
  const { sessions, send, nearlyTooLarge, stopping } = camera();
  nearlyTooLarge.value = true;
  send(packet(1_000, 'key'), packet(1_001, 'delta'), packet(1_002, 'key'));
  stopping.value = true;
  send(packet(1_003, 'delta'), packet(1_004, 'key'));
  expect(sessions).toEqual([
    [0, 1, 2, 1_000, 1_001],
    [1_002, 1_003, 1_004],
  ]);
});

describe('a camera that says again that it has begun, and counts on', () => {
  it('loses what may be leftovers, and is recorded from the next key picture', () => {
    const { recorder, sessions, unclaimed, send } = camera();
    recorder.captureStarted(0);
    send(packet(3, 'delta'), packet(4, 'key', { arrivalMs: STALE_MS }));
    send(packet(5, 'delta', { arrivalMs: STALE_MS + 1 }));
    send(packet(6, 'key', { arrivalMs: STALE_MS + 2 }), packet(7, 'delta'));
    expect(sessions).toEqual([
      [0, 1, 2],
      [6, 7],
    ]);
    expect(unclaimed).toEqual([
      [1, 'stale'],
      [1, 'stale'],
      [1, 'stale'],
    ]);
  });
});

describe('packets of what looks like the next capture', () => {
  it('belong to it when capture_started comes', () => {
    const { recorder, sessions, send } = camera();
    send(packet(0, 'config'), packet(1, 'key'));
    expect(recorder.heldBytes).toBe(20);
    recorder.captureStarted(0);
    expect(sessions).toEqual([
      [0, 1, 2],
      [0, 1],
    ]);
    expect(recorder.heldBytes).toBe(0);
  });

  it.each<[string, (recorder: CameraRecorder) => void]>([
    ['is stopped by the camera', (recorder) => recorder.captureStopped()],
    ['is ended on this side', (recorder) => recorder.end('shutdown')],
    ['loses its connection', (recorder) => recorder.disconnected('disconnected')],
    ['waits for the camera to come back', (recorder) => recorder.suspend()],
  ])('belong to the session that runs, and to no other, when it %s', (_what, end) => {
    const { recorder, sessions, unclaimed, send } = camera();
    send(packet(0, 'config'), packet(1, 'key'));
    end(recorder);
    expect(sessions).toEqual([[0, 1, 2, 0, 1]]);
    expect([recorder.heldBytes, unclaimed]).toEqual([0, []]);
    recorder.captureStarted(0);
    expect(sessions[1]).toEqual([]);
  });

  it('and when they have waited too long', () => {
    const { recorder, sessions, unclaimed, send } = camera();
    send(packet(0, 'config', { arrivalMs: 5_000 }));
    send(packet(1, 'key', { arrivalMs: 5_000 + RESTART_MS }));
    expect(sessions).toEqual([[0, 1, 2]]);
    send(packet(2, 'delta', { arrivalMs: 5_001 + RESTART_MS }));
    expect(sessions).toEqual([[0, 1, 2, 0, 1, 2]]);
    expect([recorder.heldBytes, unclaimed]).toEqual([0, []]);
  });

  it('and when they are too many bytes', () => {
    const { recorder, sessions, unclaimed, send } = camera();
    send(packet(0, 'config', { bytes: PRE_ROLL_BYTES / 2 }));
    send(packet(1, 'key', { bytes: PRE_ROLL_BYTES / 2 }));
    expect([sessions, recorder.heldBytes]).toEqual([[[0, 1, 2]], PRE_ROLL_BYTES]);
    send(packet(2, 'delta', { bytes: 1 }));
    expect(sessions).toEqual([[0, 1, 2, 0, 1, 2]]);
    expect([recorder.heldBytes, unclaimed]).toEqual([0, []]);
  });

  it('and when they are too many, however small', () => {
    const { sessions, unclaimed, send } = camera();
    const numbers = Array.from({ length: PRE_ROLL_PACKETS + 1 }, (_, sequence) => sequence);
    const packets = numbers.map((sequence) => packet(sequence, 'config', { bytes: 0 }));
    send(...packets.slice(0, -1));
    expect(sessions).toEqual([[0, 1, 2]]);
    send(...packets.slice(-1));
    expect(sessions).toEqual([[0, 1, 2, ...numbers]]);
    expect(unclaimed).toEqual([]);
  });
});

it('counts what no capture has claimed when the connection is gone', () => {
  const { recorder, sessions, unclaimed, send } = camera();
  recorder.captureStopped();
  send(packet(0, 'config'), packet(1, 'key'));
  recorder.disconnected('disconnected');
  expect([sessions, unclaimed]).toEqual([[[0, 1, 2]], [[2, 'disconnected']]]);
});
