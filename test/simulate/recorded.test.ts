import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NO_FAULTS } from '../../src/lib/simulate/behaviour.js';
import { simulatePhones } from '../../src/lib/simulate/simulate-phones.js';
import { sessionFiles, startTestDaemon, type TestDaemon } from '../support/test-daemon.js';

let testDaemon: TestDaemon;

beforeEach(async () => {
  testDaemon = await startTestDaemon();
});

afterEach(() => testDaemon.stop());

/** docs/simulate.md promises how the report compares with what was recorded. */
it('reports what a daemon records, faults included', async () => {
  const faults = { ...NO_FAULTS, drop: 0.1, repeat: 0.1, corrupt: 0.1, wrongLength: 0.1 };
  const report = await simulatePhones({
    url: testDaemon.url,
    behaviour: {
      autostart: true,
      maxFrames: 100,
      maxCaptures: 1,
      speed: 100,
      earlyFrames: 2,
      config: 'split',
      faults: { ...faults, garbage: 0.1 },
    },
  });
  const sent = report.devices[0]?.captures[0];
  const { raw, rows, manifest } = await sessionFiles(await testDaemon.finished());
  expect(sent).toMatchObject({
    bytes: raw.length,
    sha256: createHash('sha256').update(raw).digest('hex'),
    packets: rows.length,
    configPackets: manifest.counts.config,
    missing: manifest.counts.lost,
    repeated: manifest.counts.duplicates,
    wrongLength: manifest.counts.rejected,
  });
  expect((sent?.frames ?? 0) + (sent?.repeated ?? 0)).toBe(manifest.counts.frames);
  for (const fault of ['missing', 'repeated', 'wrongLength', 'corrupted', 'garbage'] as const) {
    expect(sent?.[fault]).toBeGreaterThan(0);
  }
});

it('reports what arrived before it cut the connection', async () => {
  const report = await simulatePhones({
    url: testDaemon.url,
    // Without a name: nobody waits for it to come back.
    name: '',
    behaviour: { autostart: true, speed: 20, disconnectAfterMs: 150 },
  });
  const { raw, manifest } = await sessionFiles(await testDaemon.finished());
  expect(manifest.reason).toBe('disconnected');
  expect(report.devices[0]).toMatchObject({
    connection: { end: 'cut' },
    captures: [{ bytes: raw.length, frames: manifest.counts.frames }],
  });
});
