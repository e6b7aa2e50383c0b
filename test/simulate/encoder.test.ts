import { expect, it } from 'vitest';
import {
  type Behaviour,
  DEFAULT_BEHAVIOUR,
  type Faults,
  NO_FAULTS,
} from '../../src/lib/simulate/behaviour.js';
import {
  type EncoderMessage,
  type EncoderStep,
  SimulatedEncoder,
} from '../../src/lib/simulate/encoder.js';
import { loadInput } from '../../src/lib/simulate/load-input.js';
import { decodeFramePacket } from '../../src/lib/wire/frame-packet.js';
import { SHIPPED_SAMPLE } from '../support/shipped-sample.js';

const sample = await loadInput(SHIPPED_SAMPLE);
const request = { bitrate: 4, fps: 10 };

interface Changes extends Partial<Omit<Behaviour, 'faults'>> {
  faults?: Partial<Faults>;
}

function encoder(changes: Changes = {}, capture = 1, name = 'sim-1'): SimulatedEncoder {
  const faults = { ...NO_FAULTS, ...changes.faults };
  const behaviour = { ...DEFAULT_BEHAVIOUR, ...changes, faults };
  return new SimulatedEncoder({ sample, behaviour, name, capture, request });
}

function steps(from: SimulatedEncoder, count: number): EncoderStep[] {
  return Array.from({ length: count }, () => from.next());
}

function messages(from: SimulatedEncoder, count: number): EncoderMessage[] {
  return steps(from, count).flatMap((step) => step.messages);
}

function timesOf(changes: Changes, count = 200): number[] {
  return messages(encoder(changes), count + 1)
    .filter(({ kind }) => kind === 'picture')
    .map(({ timestampMs }) => timestampMs);
}

it('begins with the configuration at sequence 0 and timestamp 0, then counts pictures', () => {
  const [config, ...pictures] = messages(encoder(), 30);
  expect(config).toMatchObject({ kind: 'config', sequence: 0, timestampMs: 0 });
  expect(config?.payload).toEqual(Buffer.concat(sample.config));
  expect(pictures.map(({ sequence }) => sequence)).toEqual(pictures.map((_, index) => index + 1));
  expect(pictures.every(({ kind }) => kind === 'picture')).toBe(true);
});

it('writes headers that say what follows them', () => {
  for (const message of messages(encoder(), 20)) {
    const decoded = decodeFramePacket(message.data as Buffer);
    expect(decoded).toMatchObject({
      ok: true,
      packet: { sequence: message.sequence, timestampMs: message.timestampMs },
    });
  }
});

it('stamps pictures with the time since the phone was started, unevenly, at the requested rate', () => {
  const times = timesOf({}, 1001);
  const [first = 0] = times;
  expect(first).toBeGreaterThan(86_400_000);
  const intervals = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(Math.min(...intervals)).toBeGreaterThanOrEqual(59);
  expect(Math.max(...intervals)).toBeLessThanOrEqual(141);
  expect(new Set(intervals).size).toBeGreaterThan(50);
  expect(((times.at(-1) ?? 0) - first) / 1000).toBeGreaterThan(97);
  expect(((times.at(-1) ?? 0) - first) / 1000).toBeLessThan(103);
});

it('is even without jitter, and follows its own rate rather than the requested one', () => {
  const times = timesOf({ jitter: 0, fps: 25 }, 50);
  const intervals = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(new Set(intervals)).toEqual(new Set([40]));
});

it.each([
  ['when as many pictures as possible are asked for', undefined, 0],
  ['where it is told to, whatever is asked for', 0, 25],
])('takes the sample’s own rate %s', (_when, fps, askedFps) => {
  const behaviour = { ...DEFAULT_BEHAVIOUR, jitter: 0, fps };
  const asked = { bitrate: 4, fps: askedFps };
  const own = new SimulatedEncoder({ sample, behaviour, name: 'a', capture: 1, request: asked });
  const [, first, second] = steps(own, 3);
  expect((second?.takenMs ?? 0) - (first?.takenMs ?? 0)).toBe(1000 / sample.fps);
});

it('loops without a seam: the picture after the last one is a key picture', () => {
  const sent = messages(encoder(), 1 + 250).slice(1);
  expect(sent[100]?.payload).toEqual(sample.pictures[0]?.bytes);
  expect(sent[249]?.payload).toEqual(sample.pictures[49]?.bytes);
  expect(sample.pictures[0]?.key).toBe(true);
});

it('delivers the configuration in each of its ways', () => {
  const split = messages(encoder({ config: 'split' }), 3);
  expect(split.map(({ kind }) => kind)).toEqual(['config', 'config', 'picture']);
  expect(split.map(({ sequence, timestampMs }) => sequence === 2 || timestampMs === 0)).toEqual([
    true,
    true,
    true,
  ]);
  expect(Buffer.concat(split.slice(0, 2).map(({ payload }) => payload))).toEqual(
    Buffer.concat(sample.config),
  );
  const repeated = messages(encoder({ config: 'repeat' }), 12);
  for (const index of [1, 11]) {
    const expected = Buffer.concat([
      ...sample.config,
      sample.pictures[index - 1]?.bytes ?? new Uint8Array(),
    ]);
    expect(repeated[index]?.payload).toEqual(expected);
  }
  expect(repeated[2]?.payload).toEqual(sample.pictures[1]?.bytes);
  expect(messages(encoder({ config: 'never' }), 1)[0]).toMatchObject({
    kind: 'picture',
    sequence: 0,
  });
});

it('gives the same bytes and times for the same seed, name and capture, and others otherwise', () => {
  const faults = {
    drop: 0.1,
    repeat: 0.1,
    corrupt: 0.1,
    wrongLength: 0.1,
    duplicateTime: 0.1,
    backwardTime: 0.1,
    garbage: 0.1,
    delay: 0.1,
    delayMs: 500,
  };
  const run = (seed: number, name: string, capture: number) =>
    steps(encoder({ seed, faults }, capture, name), 60);
  expect(run(7, 'sim-1', 1)).toEqual(run(7, 'sim-1', 1));
  for (const other of [run(8, 'sim-1', 1), run(7, 'sim-2', 1), run(7, 'sim-1', 2)]) {
    expect(other).not.toEqual(run(7, 'sim-1', 1));
  }
});

it('drops, repeats and breaks about as many as it was asked to', () => {
  const share = (changes: Partial<Faults>, what: (step: EncoderStep) => boolean) =>
    steps(encoder({ faults: changes }), 2000).filter(what).length / 2000;
  const has = (kind: string) => (step: EncoderStep) =>
    step.messages.some((message) => message.kind === kind);
  expect(share({ drop: 0.2 }, (step) => step.dropped)).toBeCloseTo(0.2, 1);
  expect(share({ repeat: 0.2 }, has('repetition'))).toBeCloseTo(0.2, 1);
  expect(share({ wrongLength: 0.2 }, has('wrong-length'))).toBeCloseTo(0.2, 1);
  expect(share({ garbage: 0.2 }, has('garbage'))).toBeCloseTo(0.2, 1);
  expect(share({}, (step) => step.dropped || step.messages.length !== 1)).toBe(0);
});

it('uses up the sequence number of a dropped picture', () => {
  const sent = steps(encoder({ faults: { drop: 0.3 } }), 100);
  let expected = 0;
  for (const step of sent) {
    if (!step.dropped) expect(step.messages[0]?.sequence).toBe(expected);
    expected += 1;
  }
});

it('flips bits in the payload and leaves its length and its beginning', () => {
  const sent = messages(encoder({ faults: { corrupt: 1 } }), 20).slice(1);
  sent.forEach(({ corrupted, payload }, index) => {
    const original = sample.pictures[index]?.bytes ?? new Uint8Array();
    expect(corrupted).toBe(true);
    expect(payload.length).toBe(original.length);
    expect(Buffer.from(payload)).not.toEqual(Buffer.from(original));
    expect(payload.subarray(0, original.length / 2)).toEqual(
      Buffer.from(original.subarray(0, original.length / 2)),
    );
  });
});

it('sends wrong lengths that a server rejects, of both kinds', () => {
  const sent = messages(encoder({ faults: { wrongLength: 1 } }), 60).slice(1);
  const reasons = sent.map(({ data }) => {
    const decoded = decodeFramePacket(data as Buffer);
    return decoded.ok ? 'ok' : decoded.reason;
  });
  expect(new Set(reasons)).toEqual(new Set(['too-short', 'length-mismatch']));
});

it('bends device times without changing when pictures are sent', () => {
  const straight = steps(encoder(), 100);
  const jumped = steps(encoder({ faults: { clockJump: { afterMs: 3000, byMs: 7_200_000 } } }), 100);
  jumped.forEach((step, index) => {
    const plain = straight[index];
    expect(step.sendMs).toBe(plain?.sendMs);
    const by = (step.messages[0]?.timestampMs ?? 0) - (plain?.messages[0]?.timestampMs ?? 0);
    expect(by).toBe(step.takenMs >= 3000 ? 7_200_000 : 0);
  });
  const duplicates = timesOf({ faults: { duplicateTime: 1 } }, 10);
  expect(new Set(duplicates).size).toBe(1);
  const backward = timesOf({ faults: { backwardTime: 1 } }, 10);
  expect(backward).toEqual([...backward].sort((a, b) => b - a));
  expect(new Set(backward).size).toBe(10);
});

it('holds pictures up in order', () => {
  const sent = steps(encoder({ faults: { delay: 0.2, delayMs: 2000 } }), 200);
  const moments = sent.map(({ sendMs }) => sendMs);
  expect(moments).toEqual([...moments].sort((a, b) => a - b));
  expect(sent.some((step) => step.sendMs >= step.takenMs + 1900)).toBe(true);
  expect(sent.some((step) => step.sendMs === step.takenMs)).toBe(true);
});

it('wraps its sequence numbers', () => {
  const sent = messages(encoder({ firstSequence: 0xffff_fffe }), 4);
  expect(sent.map(({ sequence }) => sequence)).toEqual([0xffff_fffe, 0xffff_ffff, 0, 1]);
});

it('goes forward in device time from one capture to the next', () => {
  const [, first] = messages(encoder({}, 1), 2);
  const [, second] = messages(encoder({}, 2), 2);
  expect(second?.timestampMs ?? 0).toBeGreaterThan(first?.timestampMs ?? 0);
});
