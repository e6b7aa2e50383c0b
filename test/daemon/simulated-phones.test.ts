/**
 * What simulated phones say they have sent, compared with what the daemon says it has recorded.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SessionSummary } from '../../src/lib/base/session-summary.js';
import { type Behaviour, NO_FAULTS } from '../../src/lib/simulate/behaviour.js';
import { simulatePhones } from '../../src/lib/simulate/simulate-phones.js';
import { sessionFiles, startTestDaemon, type TestDaemon } from '../support/test-daemon.js';

let daemon: TestDaemon;

beforeAll(async () => {
  daemon = await startTestDaemon();
});

afterAll(() => daemon.stop());

const PHONES = 3;
const CAPTURES = 2;

/** Has phones record two captures each, as many pictures each, and collects both sides' accounts in order. */
async function run(name: string, behaviour: Partial<Behaviour>) {
  const sessions: SessionSummary[] = [];
  const record = async () => {
    for (let capture = 1; capture <= CAPTURES; capture += 1) {
      await daemon.daemon.startCapture({ bitrate: 4, fps: 10, timeoutMs: 5000 }, () => {});
      while (sessions.length < PHONES * capture) sessions.push(await daemon.finished());
    }
  };
  let recording: Promise<void> | undefined;
  const report = await simulatePhones({
    url: daemon.url,
    name,
    devices: PHONES,
    behaviour: { speed: 20, maxFrames: 50, maxCaptures: CAPTURES, ...behaviour },
    onConnected: () => {
      recording = identified(name).then(record);
    },
  });
  await recording;
  return report.devices.flatMap((device) => {
    const own = sessions.filter((session) => session.device === device.name);
    return device.captures.map((sent, index) => ({ sent, session: own[index] }));
  });
}

/** Waits until the daemon knows all phones of this name. */
async function identified(name: string): Promise<void> {
  await vi.waitFor(async () => {
    const { devices } = await daemon.daemon.status();
    expect(devices.filter((device) => device.name.startsWith(name))).toHaveLength(PHONES);
  });
}

describe('several phones at once, several captures each', () => {
  it('are recorded byte for byte', async () => {
    const pairs = await run('plain', { earlyFrames: 3, seed: 7 });
    expect(pairs).toHaveLength(PHONES * CAPTURES);
    for (const { sent, session } of pairs) {
      if (session === undefined) throw new Error('a capture without a session');
      expect(session).toMatchObject({
        state: 'complete',
        frames: sent.frames,
        bytes: sent.bytes,
        lost: 0,
        rejected: 0,
      });
      const { raw } = await sessionFiles(session);
      expect(createHash('sha256').update(raw).digest('hex')).toBe(sent.sha256);
    }
  });

  it('with faults: what is missing, repeated and rejected is counted exactly', async () => {
    const faults = {
      ...NO_FAULTS,
      drop: 0.1,
      repeat: 0.1,
      wrongLength: 0.05,
      garbage: 0.1,
      duplicateTime: 0.05,
      backwardTime: 0.05,
    };
    const pairs = await run('faulty', { faults, seed: 11, emptyAtStop: true });
    let missing = 0;
    for (const { sent, session } of pairs) {
      if (session === undefined) throw new Error('a capture without a session');
      const { raw, manifest } = await sessionFiles(session);
      expect(createHash('sha256').update(raw).digest('hex')).toBe(sent.sha256);
      expect(manifest.counts).toMatchObject({
        packets: sent.packets,
        frames: sent.frames + sent.repeated,
        bytes: sent.bytes,
        lost: sent.missing,
        duplicates: sent.repeated,
        rejected: sent.wrongLength,
        dropped: 0,
      });
      missing += sent.missing;
    }
    expect(missing).toBeGreaterThan(0);
  });

  it('with leftovers before and after a capture', async () => {
    for (const { sent, session } of await run('stale', {
      lateFrames: 3,
      staleFrames: 2,
      seed: 3,
    })) {
      if (session === undefined) throw new Error('a capture without a session');
      const { raw } = await sessionFiles(session);
      expect(createHash('sha256').update(raw).digest('hex')).toBe(sent.sha256);
    }
  });

  it('with damaged pictures: every byte is kept', async () => {
    const faults = { ...NO_FAULTS, corrupt: 0.3 };
    for (const { sent, session } of await run('damaged', { faults, seed: 5 })) {
      if (session === undefined) throw new Error('a capture without a session');
      expect(session).toMatchObject({ state: 'complete', bytes: sent.bytes });
      const { raw } = await sessionFiles(session);
      expect(createHash('sha256').update(raw).digest('hex')).toBe(sent.sha256);
    }
  });
});
