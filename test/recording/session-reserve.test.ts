import { describe, expect, it } from 'vitest';
import type { SampleInfo } from '../../src/lib/mp4/box-fragment.js';
import { completeMoov } from '../../src/lib/mp4/moov.js';
import { SampleTable } from '../../src/lib/mp4/sample-table.js';
import { SessionReserve } from '../../src/lib/recording/session-reserve.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import {
  DiskReserves,
  RESERVE_BYTES,
  RESERVE_QUEUE_BYTES,
  type Reserve,
} from '../../src/lib/storage/disk-reserve.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { videoDescription } from '../support/video-description.js';

/** What a session keeps back, for so many pictures. */
function keptBack(pictures: number, ...queuedBytes: number[]): number {
  let kept = 0;
  const room: Pick<Reserve, 'ensure'> = {
    ensure: (bytes) => {
      kept = bytes;
    },
  };
  const reserve = new SessionReserve({
    disk: systemDisk,
    reserve: room as Reserve,
    onFull: () => {},
  });
  for (const bytes of queuedBytes) reserve.queued(bytes);
  reserve.ensure(pictures);
  return kept;
}

describe('keeps room back', () => {
  it('for what usually waits for the disk', () => {
    expect(keptBack(0)).toBe(RESERVE_BYTES);
    expect(keptBack(0, RESERVE_QUEUE_BYTES)).toBe(RESERVE_BYTES);
  });

  it('for the most that has ever waited', () => {
    expect(keptBack(0, RESERVE_QUEUE_BYTES + 1000, 10)).toBe(RESERVE_BYTES + 1000);
  });

  const uneven = (index: number) => 2970 + (index % 2) * 60;
  const streams: [string, (index: number) => Pick<SampleInfo, 'compositionOffset' | 'key'>][] = [
    ['in output order', (index) => ({ compositionOffset: 0, key: index % 30 === 0 })],
    ['of key pictures alone', () => ({ compositionOffset: 0, key: true })],
    [
      'that are reordered',
      (index) => ({ compositionOffset: 3000 * (index % 3), key: index % 30 === 0 }),
    ],
  ];

  it.each(streams)('for the tables of pictures at uneven times %s', (_name, sampleAt) => {
    const pictures = 30_000;
    const perChunk = 15;
    const table = new SampleTable();
    for (let first = 0; first < pictures; first += perChunk) {
      const samples = Array.from({ length: perChunk }, (_, index) => ({
        size: 20_000,
        duration: uneven(first + index),
        ...sampleAt(first + index),
      }));
      // Beyond 4 GiB, where an offset takes most.
      table.addChunk(2 ** 33 + first * 20_000, samples);
    }
    expect(keptBack(pictures) - RESERVE_BYTES).toBeGreaterThan(tablesBytes(table));
  });
});

it('is given back once, so that no two sessions have the same room', async () => {
  const directory = await temporaryDirectory();
  const reserves = new DiskReserves({ disk: systemDisk, directory, bytes: 1 });
  const taken = Array.from({ length: 8 }, () => reserves.take());
  for (const reserve of taken.slice(0, 3)) {
    const ofSession = new SessionReserve({ disk: systemDisk, reserve, onFull: () => {} });
    ofSession.giveBack();
    ofSession.giveBack();
  }
  const next = Array.from({ length: 3 }, () => reserves.take());
  expect(new Set([...taken.slice(3), ...next]).size).toBe(8);
  await reserves.close();
});

function tablesBytes(table: SampleTable): number {
  const description = { ...videoDescription, avcC: new Uint8Array(32) };
  return completeMoov({ description, creationTimeMs: 0 }, table).size;
}
