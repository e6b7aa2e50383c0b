import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { listSessions } from '../../src/lib/storage/catalogue.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { type Manifest, writeManifest } from '../../src/lib/storage/manifest.js';
import { SummaryCache } from '../../src/lib/storage/summary-cache.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { testManifest } from '../support/manifests.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

let root: string;
let disk: FaultyDisk;

beforeEach(async () => {
  root = await temporaryDirectory();
  disk = new FaultyDisk(systemDisk);
});

async function add(id: string, changes: Partial<Manifest> = {}): Promise<void> {
  await mkdir(join(root, id), { recursive: true });
  await writeManifest(systemDisk, join(root, id), testManifest({ id, ...changes }));
}

/** The sessions that are found, and how many manifests were read for it. */
async function list(cache: SummaryCache) {
  const before = disk.calls.length;
  const { sessions } = await listSessions(disk, root, {}, cache.read);
  const reads = disk.calls.slice(before).filter(({ name }) => name === 'readFile').length;
  return { ids: sessions.map(({ id }) => id).sort(), sessions, reads };
}

it('reads a finished session once, and a running one each time', async () => {
  await add('a');
  await add('b');
  await add('c', { state: 'recording' });
  const cache = new SummaryCache();
  const first = await list(cache);
  expect(first).toMatchObject({ ids: ['a', 'b', 'c'], reads: 3 });
  expect(await list(cache)).toEqual({ ...first, reads: 1 });
});

it('reads one again that was replaced, and knows none that was removed', async () => {
  await add('a');
  await add('b');
  const cache = new SummaryCache();
  await list(cache);
  await add('a', { state: 'recovered' });
  await rm(join(root, 'b'), { recursive: true });
  const { sessions, reads } = await list(cache);
  expect(sessions).toMatchObject([{ id: 'a', state: 'recovered' }]);
  expect(reads).toBe(1);
});

it('remembers no damaged one', async () => {
  await add('a');
  const cache = new SummaryCache();
  await list(cache);
  await writeFile(join(root, 'a/session.json'), '{');
  expect((await list(cache)).ids).toEqual([]);
  await add('a');
  expect((await list(cache)).ids).toEqual(['a']);
});

it('remembers so many and no more', async () => {
  for (const id of ['a', 'b', 'c']) await add(id);
  const cache = new SummaryCache(2);
  await list(cache);
  const { ids, reads } = await list(cache);
  expect(ids).toEqual(['a', 'b', 'c']);
  expect(reads).toBeGreaterThan(0);
});
