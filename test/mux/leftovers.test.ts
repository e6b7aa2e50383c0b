/** What a crash leaves of files that were being made, and what a recovery takes of it. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeLeftovers } from '../../src/lib/mux/leftovers.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

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
