import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listSessions } from '../../src/lib/storage/catalogue.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { type Manifest, writeManifest } from '../../src/lib/storage/manifest.js';
import { FaultyDisk } from '../support/faulty-disk.js';
import { testManifest } from '../support/manifests.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

async function addSession(root: string, id: string, changes: Partial<Manifest> = {}) {
  const directory = join(root, id);
  await mkdir(directory);
  const manifest = testManifest({ id, ...changes });
  // Without the syncs of writeManifest, which a thousand sessions need not wait for.
  await writeFile(join(directory, 'session.json'), JSON.stringify(manifest));
  return directory;
}

const at = (n: number) => new Date(Date.UTC(2025, 0, 1) + 60_000 * n).toISOString();

it('shows a session with absolute paths', async () => {
  const root = await temporaryDirectory();
  await mkdir(join(root, 'bench'));
  const part = {
    startMs: 0,
    durationMs: 1,
    frames: 1,
    bytes: 1,
    width: 2,
    height: 2,
    codec: 'c',
    engine: 'builtin' as const,
  };
  const parts = ['stream.mp4', 'stream-2.mp4'].map((file) => ({ ...part, file }));
  const files = { raw: 'stream.h264', index: 'frames.csv', thumbnail: 'thumbnail.jpg' };
  await writeManifest(systemDisk, join(root, 'bench'), testManifest({ parts, files }));
  const { sessions, others } = await listSessions(systemDisk, root);
  expect(others).toEqual([]);
  expect(sessions).toHaveLength(1);
  expect(sessions[0]).toMatchObject({
    dir: join(root, 'bench'),
    device: 'bench',
    frames: 100,
    width: 640,
    files: {
      mp4: [join(root, 'bench/stream.mp4'), join(root, 'bench/stream-2.mp4')],
      raw: join(root, 'bench/stream.h264'),
      thumbnail: join(root, 'bench/thumbnail.jpg'),
    },
  });
});

it('has null for what a session without a picture lacks', async () => {
  const root = await temporaryDirectory();
  const files = { raw: 'stream.h264', index: 'frames.csv', thumbnail: null };
  await addSession(root, 'empty', { video: null, files });
  const { sessions } = await listSessions(systemDisk, root);
  expect(sessions[0]).toMatchObject({ width: null, height: null, codec: null });
  expect(sessions[0]?.files.thumbnail).toBeNull();
});

it('lists those of one moment by their ids, the last one first', async () => {
  const root = await temporaryDirectory();
  for (const id of ['b', 'd', 'a', 'c']) await addSession(root, id, { startedAt: at(1) });
  await addSession(root, 'earlier', { startedAt: at(0) });
  const { sessions } = await listSessions(systemDisk, root);
  expect(sessions.map(({ id }) => id)).toEqual(['d', 'c', 'b', 'a', 'earlier']);
});

it('lists a thousand sessions, newest first, with bounded reading', async () => {
  const root = await temporaryDirectory();
  for (let n = 0; n < 1000; n += 1) await addSession(root, `s${n}`, { startedAt: at(n) });
  const disk = new FaultyDisk(systemDisk);
  let reading = 0;
  let most = 0;
  disk.delay = async ({ name }) => {
    if (name !== 'readFile') return;
    reading += 1;
    most = Math.max(most, reading);
    await new Promise(setImmediate);
    reading -= 1;
  };
  const { sessions } = await listSessions(disk, root);
  expect(sessions.map(({ id }) => id)).toEqual(
    Array.from({ length: 1000 }, (_, n) => `s${999 - n}`),
  );
  expect(most).toBeLessThanOrEqual(32);
});

it('finds the wanted ones', async () => {
  const root = await temporaryDirectory();
  const device = (name: string) => ({ ...testManifest().device, name, id: `${name}-id` });
  await addSession(root, 'a', { startedAt: at(1), label: 'x', device: device('left') });
  await addSession(root, 'b', { startedAt: at(2), label: 'x', device: device('right') });
  await addSession(root, 'c', { startedAt: at(3), label: null, device: device('left') });
  const ids = async (filter: Parameters<typeof listSessions>[2]) =>
    (await listSessions(systemDisk, root, filter)).sessions.map(({ id }) => id);
  expect(await ids({ label: 'x' })).toEqual(['b', 'a']);
  expect(await ids({ device: 'le' })).toEqual(['c', 'a']);
  expect(await ids({ sinceMs: Date.parse(at(2)) })).toEqual(['c', 'b']);
  expect(await ids({ limit: 1 })).toEqual(['c']);
  expect(await ids({ device: 'left', label: 'x', limit: 5 })).toEqual(['a']);
});

it('finds a label whose letters are composed otherwise', async () => {
  const root = await temporaryDirectory();
  await addSession(root, 'a', { startedAt: at(1), label: 'Küche'.normalize('NFC') });
  const filter = { label: 'Küche'.normalize('NFD') };
  expect((await listSessions(systemDisk, root, filter)).sessions).toMatchObject([{ id: 'a' }]);
});

it('takes a device as the commands to the daemon do', async () => {
  const root = await temporaryDirectory();
  for (const [n, name] of ['bench-1', 'bench-10', 'bench-1'].entries()) {
    const device = { ...testManifest().device, name, id: `${name}-id` };
    await addSession(root, `s${n}`, { startedAt: at(n), device });
  }
  const ids = async (filter: Parameters<typeof listSessions>[2]) =>
    (await listSessions(systemDisk, root, filter)).sessions.map(({ id }) => id);
  expect(await ids({ device: 'bench-1' })).toEqual(['s2', 's0']);
  expect(await ids({ device: 'BENCH-1' })).toEqual(['s2', 's0']);
  expect(await ids({ device: 'Bench' })).toEqual(['s2', 's1', 's0']);
  expect(await ids({ device: 'bench-10-ID' })).toEqual(['s1']);
  // Which device is meant does not depend on when it recorded.
  expect(await ids({ device: 'bench-10', sinceMs: Date.parse(at(2)) })).toEqual([]);
});

it('is not stopped by what else lies there', async () => {
  const root = await temporaryDirectory();
  await addSession(root, 'good');
  await addSession(root, '.hidden');
  await mkdir(join(root, 'empty'));
  await mkdir(join(root, 'python'));
  await writeFile(join(root, 'python/stream.h264'), 'xxxx');
  await mkdir(join(root, 'damaged'));
  await writeFile(join(root, 'damaged/session.json'), '{"schemaVersion":1');
  await mkdir(join(root, 'twisted/session.json'), { recursive: true });
  await writeFile(join(root, 'notes.txt'), 'a file');
  await symlink('/nowhere', join(root, 'dangling'));
  await symlink(join(root, 'loop'), join(root, 'loop'));
  const { sessions, others } = await listSessions(systemDisk, root);
  expect(sessions.map(({ id }) => id)).toEqual(['good']);
  const kinds = others.map(({ dir, kind }) => [dir.slice(root.length + 1), kind]);
  expect(kinds).toEqual(
    expect.arrayContaining([
      ['damaged', 'damaged'],
      ['empty', 'foreign'],
      ['python', 'foreign'],
      ['twisted', 'damaged'],
    ]),
  );
  const detailOf = (name: string) => others.find(({ dir }) => dir.endsWith(name))?.detail;
  expect(detailOf('python')).toContain('4 bytes');
  expect(detailOf('empty')).toBe('no recording in it');
  const names = kinds.map(([name]) => name);
  expect(names).not.toContain('notes.txt');
  expect(names).toEqual(names.toSorted());
});

it('says how to make the MP4 of a foreign one, from wherever it is asked', async () => {
  const root = join(await temporaryDirectory(), "bob's videos");
  await mkdir(join(root, 'old'), { recursive: true });
  await writeFile(join(root, 'old/stream.h264'), 'xxxx');
  const { others } = await listSessions(systemDisk, root);
  const quoted = `'${join(root, 'old').replace("'", "'\\''")}'`;
  expect(others[0]?.detail).toContain(`camrec mux ${quoted} makes the MP4`);
});

it('says so when there is no such directory', async () => {
  const nowhere = join(await temporaryDirectory(), 'nowhere');
  await expect(listSessions(systemDisk, nowhere)).rejects.toMatchObject({
    code: 'DIRECTORY_UNUSABLE',
  });
});
