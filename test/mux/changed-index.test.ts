/** Finished sessions whose `frames.csv` is no longer the one that was recorded, in ways that its rows do not show. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { muxAll, recorded } from '../support/mux-sessions.js';
import { samplePackets } from '../support/recorded-session.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const CHANGES: Record<string, (index: string) => string> = {
  'ends earlier': (index) => index.slice(0, index.indexOf('\n10,') + 1),
  'tells another time': (index) => index.replace('\n10,6000,', '\n10,6040,'),
  'tells another number': (index) => index.replace('\n10,', '\n11,'),
};

async function changedSession(change: (index: string) => string): Promise<string> {
  const directory = await recorded(await temporaryDirectory(), samplePackets(25));
  const path = join(directory, 'frames.csv');
  const index = await readFile(path, 'latin1');
  expect(change(index)).not.toBe(index);
  await writeFile(path, change(index));
  return directory;
}

describe.each(Object.entries(CHANGES))('an index that %s', (_what, change) => {
  it('does not cost a good MP4', async () => {
    const directory = await changedSession(change);
    const good = await readFile(join(directory, 'stream.mp4'));
    const [result] = await muxAll([directory], { force: true });
    expect(result?.error).toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('frames.csv is not as it was recorded'),
    });
    expect(await readFile(join(directory, 'stream.mp4'))).toEqual(good);
  });

  it('is spoken of where an MP4 is made by it', async () => {
    const directory = await changedSession(change);
    const output = join(await temporaryDirectory(), 'film.mp4');
    const [elsewhere] = await muxAll([directory], { output });
    await rm(join(directory, 'stream.mp4'));
    const [inPlace] = await muxAll([directory]);
    for (const result of [elsewhere, inPlace]) {
      expect(result?.error).toBeNull();
      expect(result?.warnings.join()).toContain('frames.csv is not as it was recorded');
    }
  });
});
