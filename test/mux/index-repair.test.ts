import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { trimIndex } from '../../src/lib/mux/index-repair.js';
import { formatIndexRow, INDEX_HEADER } from '../../src/lib/storage/frame-index.js';
import { fastDisk } from '../support/mux-sessions.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Longer than what is read at once. */
const ROWS = 5000;

async function longIndex() {
  const directory = await temporaryDirectory();
  const rows = Array.from({ length: ROWS }, (_, sequence) =>
    formatIndexRow({
      ...{ sequence, timestampMs: 100 * sequence, arrivalMs: 1e12 + 100 * sequence },
      ...{ offset: 10 * sequence, size: 10, kind: 'delta' },
    }),
  );
  const text = `${INDEX_HEADER}${rows.join('')}`;
  await writeFile(join(directory, 'frames.csv'), text);
  const read = (name: string) => readFile(join(directory, name), 'latin1');
  return { directory, rows, text, read };
}

it.each([0, 1, 2000, ROWS - 1, ROWS])('keeps the first %i of many rows', async (count) => {
  const { directory, rows, read } = await longIndex();
  await trimIndex(fastDisk, directory, count, false);
  const kept = `${INDEX_HEADER}${rows.slice(0, count).join('')}`;
  expect((await read('frames.csv')) === kept).toBe(true);
  expect(await readdir(directory)).toEqual(['frames.csv']);
});

it('keeps the oldest of several damaged ones, which has the most rows', async () => {
  const { directory, text, read } = await longIndex();
  await trimIndex(fastDisk, directory, 2000, true);
  await trimIndex(fastDisk, directory, 1000, true);
  expect((await read('frames.csv.damaged')) === text).toBe(true);
  expect((await read('frames.csv')).trimEnd().split('\n')).toHaveLength(1 + 1000);
});
