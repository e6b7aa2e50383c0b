import { expect, it } from 'vitest';
import { SessionSync, TICK_EVERY_MS } from '../../src/lib/recording/session-sync.js';
import { ManualClock } from '../support/manual-clock.js';

const SYNC_MS = 2_000;

/** Ticks for ten seconds on a disk whose syncs take so long. Returns what a power cut would have cost at worst. */
async function worstLoss(tookMs: number): Promise<number> {
  const clock = new ManualClock();
  let syncs = 0;
  const sync = new SessionSync({
    context: { clock, inSyncTurn: (work) => work() },
    disk: { fileSize: async () => 1, syncDirectory: async () => {} },
    directory: Promise.resolve('/recordings/session'),
    opened: Promise.resolve(),
    writer: {
      rawWritten: 1,
      sync: async () => {
        syncs += 1;
        await new Promise<void>((resolve) => clock.after(tookMs, resolve));
      },
    },
    startedMonotonicMs: clock.monotonic(),
  });
  let worstMs = 0;
  for (let ms = 0; ms < 10_000; ms += TICK_EVERY_MS) {
    // The first sync cannot know how long it will take.
    if (ms > SYNC_MS + tookMs) worstMs = Math.max(worstMs, sync.unsyncedMs);
    sync.tick(SYNC_MS);
    clock.advance(TICK_EVERY_MS);
    // What follows a sync follows at once.
    await new Promise(setImmediate);
  }
  expect(syncs).toBeGreaterThan(2);
  return worstMs;
}

it.each([0, 50, 300, 700])(
  'leaves nothing unsynced for longer than it may, when each sync takes %i ms',
  async (tookMs) => {
    const worstMs = await worstLoss(tookMs);
    expect(worstMs).toBeLessThanOrEqual(SYNC_MS);
    expect(worstMs).toBeGreaterThan(SYNC_MS / 2);
  },
);

it('says how much more it is when syncs take longer than that', async () => {
  expect(await worstLoss(3_000)).toBeGreaterThan(SYNC_MS);
});
