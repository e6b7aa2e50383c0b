import { expect, it } from 'vitest';
import { recordingContext } from '../../src/lib/daemon/recording-context.js';
import { MAX_PENDING_BYTES } from '../../src/lib/recording/overload.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { recordingContext as contextOf } from '../support/recorded-session.js';

const TOTAL_BYTES = 512 * 1024 * 1024;

function share(sessions: number): number {
  const context = recordingContext(contextOf('/recordings', systemDisk), () => sessions);
  return context.maxPendingBytes?.() ?? Number.NaN;
}

it('lets each session have as much waiting for the disk as one may, while there are few', () => {
  for (const sessions of [0, 1, 7, 8]) expect(share(sessions)).toBe(MAX_PENDING_BYTES);
});

it('shares out what all together may have, among however many there are', () => {
  for (const sessions of [9, 64, 256]) {
    expect(share(sessions)).toBeLessThan(MAX_PENDING_BYTES);
    expect(sessions * share(sessions)).toBeCloseTo(TOTAL_BYTES, 3);
  }
});

it('follows the sessions that come and go', () => {
  let sessions = 1;
  const context = recordingContext(contextOf('/recordings', systemDisk), () => sessions);
  expect(context.maxPendingBytes?.()).toBe(MAX_PENDING_BYTES);
  sessions = 1024;
  expect(context.maxPendingBytes?.()).toBe(TOTAL_BYTES / 1024);
});

it('lets two sessions wait for the disk itself, and the others for their turn', async () => {
  const { inSyncTurn } = recordingContext(contextOf('/recordings', systemDisk), () => 1);
  let together = 0;
  let most = 0;
  const sync = async () => {
    together += 1;
    most = Math.max(most, together);
    await new Promise(setImmediate);
    together -= 1;
  };
  await Promise.all(Array.from({ length: 6 }, () => inSyncTurn(sync)));
  expect(most).toBe(2);
});
