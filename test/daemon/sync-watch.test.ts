import { expect, it } from 'vitest';
import { silentLogger } from '../../src/lib/base/logger.js';
import { SyncWatch } from '../../src/lib/daemon/sync-watch.js';
import { ManualClock } from '../support/manual-clock.js';

it('says once that the disk is late, with what a power cut would cost, and once that it keeps up', () => {
  const clock = new ManualClock();
  const said: [string, string, unknown][] = [];
  let unsyncedMs = 1_900;
  const watch = new SyncWatch({
    clock,
    syncMs: 2_000,
    unsyncedMs: () => unsyncedMs,
    logger: {
      ...silentLogger,
      info: (fields, text) => said.push(['info', text, fields['unsyncedMs']]),
      warn: (fields, text) => said.push(['warn', text, fields['unsyncedMs']]),
    },
  });
  watch.start();
  clock.advance(10_000);
  unsyncedMs = 4_500;
  clock.advance(5_000);
  expect(said).toEqual([]);
  unsyncedMs = 13_200;
  clock.advance(15_000);
  unsyncedMs = 4_000;
  clock.advance(5_000);
  expect(said).toEqual([
    ['warn', 'the disk is too slow for --sync: a power cut would cost 13.2 s of recording', 13_200],
  ]);
  unsyncedMs = 1_950;
  clock.advance(15_000);
  expect(said.slice(1)).toEqual([
    ['info', 'the disk keeps up again: a power cut would cost 1.9 s', 1_950],
  ]);
  watch.stop();
  unsyncedMs = 60_000;
  clock.advance(60_000);
  expect(said).toHaveLength(2);
});

it('does not blame the disk where the daemon was suspended', () => {
  const clock = new ManualClock();
  const said: string[] = [];
  const watch = new SyncWatch({
    clock,
    syncMs: 2_000,
    unsyncedMs: () => clock.monotonic(),
    logger: {
      ...silentLogger,
      info: (_fields, text) => said.push(text),
      warn: (_fields, text) => said.push(text),
    },
  });
  watch.start();
  clock.suspend(60_000);
  expect(said).toEqual([]);
  clock.advance(5_000);
  expect(said).toHaveLength(1);
  clock.suspend(60_000);
  expect(said).toHaveLength(1);
  watch.stop();
});
