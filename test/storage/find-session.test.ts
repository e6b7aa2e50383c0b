import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { findSession } from '../../src/lib/storage/find-session.js';
import { testManifest } from '../support/manifests.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

let recordings: string;

beforeEach(async () => {
  recordings = join(await temporaryDirectory(), 'my recordings');
  await mkdir(recordings);
});

async function add(id: string, text = JSON.stringify(testManifest({ id }))): Promise<string> {
  const directory = join(recordings, id);
  await mkdir(directory);
  await writeFile(join(directory, 'session.json'), text);
  return directory;
}

const find = (wanted: string) => findSession(systemDisk, recordings, wanted);

it('finds a session by its id, though others begin so, by its beginning and by its directory', async () => {
  const directory = await add('bench_1');
  await add('bench_1_2');
  for (const wanted of ['bench_1', directory, `${directory}/`]) {
    expect(await find(wanted)).toMatchObject({ id: 'bench_1', dir: directory });
  }
  expect((await find('bench_1_')).id).toBe('bench_1_2');
});

it('says of a damaged one how it is rebuilt, and takes no other for it', async () => {
  const directory = await add('bench_1', '{');
  await add('bench_1_2');
  for (const wanted of ['bench_1', directory]) {
    await expect(find(wanted)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining(join(directory, 'session.json')),
      hint: `Rebuild it with: camrec mux '${directory}'`,
    });
  }
});

describe('what is not clear', () => {
  it('has its candidates named, the newest first, and the others counted', async () => {
    for (let n = 1; n <= 7; n += 1) await add(`bench_${n}`);
    await expect(find('bench')).rejects.toMatchObject({
      code: 'USAGE',
      message: '"bench" fits 7 sessions.',
      hint: 'Say which: bench_7, bench_6, bench_5, bench_4, bench_3, and 2 more.',
    });
  });

  it.each(['nobody', '', '/nowhere/at/all'])('or is not there is said: %j', async (wanted) => {
    await add('bench_1');
    await expect(find(wanted)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });
});
