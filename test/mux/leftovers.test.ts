/** What a crash leaves of files that were being made, and what a recovery takes of it. */
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { removeLeftovers } from '../../src/lib/mux/leftovers.js';
import { newPathFor, removeAbandoned } from '../../src/lib/mux/new-files.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

it('removes what another machine was making when that has been silent for an hour', async () => {
  const directory = await temporaryDirectory();
  const mine = newPathFor(join(directory, 'stream.mp4'));
  const elsewhere = (chance: string) =>
    mine.replace(/-([0-9a-f]{4})-[0-9a-f]{8}\.new$/, (_, machine: string) => {
      const other = machine === 'ffff' ? '0000' : 'ffff';
      return `-${other}-${chance}.new`;
    });
  const [silent, busy] = [elsewhere('00000000'), elsewhere('11111111')];
  for (const path of [mine, silent, busy]) await writeFile(path, 'half');
  const now = Date.now();
  const minutesAgo = (minutes: number) => new Date(now - 60_000 * minutes);
  await utimes(silent, minutesAgo(61), minutesAgo(61));
  await utimes(busy, minutesAgo(55), minutesAgo(55));
  await removeAbandoned(systemDisk, directory, () => true);
  expect((await readdir(directory)).sort()).toEqual([basename(mine), basename(busy)].sort());
});

it('removes files that were being made, and no other', async () => {
  const directory = await temporaryDirectory();
  const kept = ['stream.h264', 'frames.csv', 'thumbnail.jpg', 'notes.txt.new', 'thumbnail.h264'];
  const made = [
    'session.json.new',
    'frames.csv.new',
    'thumbnail.jpg.new',
    'thumbnail.jpg.h264.new',
    'stream.mp4.new',
    'stream-2.mp4.new',
  ];
  for (const name of [...kept, ...made]) await writeFile(join(directory, name), '');
  const notes: string[] = [];
  await removeLeftovers(systemDisk, directory, { parts: [], keepFragments: true, notes });
  expect((await readdir(directory)).sort()).toEqual([...kept].sort());
  expect(notes).toEqual([]);
});
