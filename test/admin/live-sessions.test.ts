import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findRecordings, overlayLive } from '../../src/lib/admin/live-sessions.js';
import type { AdminServer } from '../../src/lib/admin/server.js';
import type { SessionSummary } from '../../src/lib/base/session-summary.js';
import { FakeDaemon, removeDirectory, runtimeEnvironment, session } from './fake-daemon.js';

let env: Awaited<ReturnType<typeof runtimeEnvironment>>;
let daemon: FakeDaemon;
let server: AdminServer;

beforeEach(async () => {
  env = await runtimeEnvironment();
  daemon = new FakeDaemon({ dir: '/recordings' });
  server = await daemon.listen(env);
});

afterEach(async () => {
  await server.close();
  await removeDirectory(env.dir);
});

/** As its first manifest tells of it. */
const begun = session('bench_1', { state: 'recording', reason: null, frames: 0 });
const files = {
  read: async (): Promise<SessionSummary | undefined> => begun,
  isRecorded: async () => true,
};

it.each([
  ['that was found by itself', {}],
  ['whose directory was named', { dir: '/recordings' }],
])('a session that opens after the daemon %s is live', async (_name, where) => {
  const place = await findRecordings({ env, ...where });
  daemon.live = [{ ...begun, frames: 42 }];
  expect(await overlayLive([begun], place, files)).toEqual(daemon.live);
});

it('a session whose first manifest is just being written is not interrupted', async () => {
  const place = await findRecordings({ env });
  daemon.live = [{ ...begun, id: '', frames: 3 }];
  expect(await overlayLive([begun], place, files)).toEqual([begun]);
});

it('a session that is finished after its manifest was read is finished', async () => {
  const place = await findRecordings({ env });
  const finished = session('bench_1');
  expect(await overlayLive([begun], place, { ...files, read: async () => finished })).toEqual([
    finished,
  ]);
});

it('a session that nobody records is interrupted', async () => {
  const place = await findRecordings({ env });
  daemon.live = [session('bench_2', { id: '', state: 'recording', deviceId: 'another' })];
  const interrupted = { state: 'recording', reason: 'interrupted' };
  expect(await overlayLive([begun], place, files)).toMatchObject([interrupted]);
  // Nor does its directory vanish from a list that has it.
  expect(
    await overlayLive([begun], place, { ...files, read: async () => undefined }),
  ).toMatchObject([interrupted]);
});

it.each([
  [true, 'still runs'],
  [false, 'the daemon ended'],
])(
  'a session that is interrupted says what to wait for: recorder alive %s',
  async (alive, words) => {
    const place = await findRecordings({ env });
    daemon.live = [];
    const isRecorded = async () => alive;
    const [interrupted] = await overlayLive([begun], place, { ...files, isRecorded });
    expect(interrupted?.reasonText).toContain(words);
  },
);

it('a session is live by whatever name its directory goes', async () => {
  const dir = join(env.dir, 'recordings');
  const link = join(env.dir, 'link');
  await mkdir(dir);
  await symlink(dir, link);
  await server.close();
  daemon = new FakeDaemon({ dir });
  server = await daemon.listen(env);
  daemon.live = [{ ...begun, frames: 42 }];
  const place = await findRecordings({ env, dir: link });
  expect(await overlayLive([begun], place, files)).toEqual(daemon.live);
});

it('a session whose daemon cannot be asked is recorded as long as that lives', async () => {
  const place = await findRecordings({ env, dir: '/elsewhere' });
  expect(await overlayLive([begun], place, files)).toEqual([begun]);
  const isRecorded = async () => false;
  expect(await overlayLive([begun], place, { ...files, isRecorded })).toMatchObject([
    { state: 'recording', reason: 'interrupted' },
  ]);
});

it('sessions named by their directories need no word on which of several daemons is meant', async () => {
  const other = new FakeDaemon({ port: 8766, dir: join(env.dir, 'elsewhere') });
  const second = await other.listen(env);
  await mkdir(join(env.dir, 'elsewhere', 'bench_1'), { recursive: true });
  const directory = join(env.dir, 'elsewhere', 'bench_1');
  const undecided = { code: 'SEVERAL_DAEMONS' };
  await expect(findRecordings({ env })).rejects.toMatchObject(undecided);
  const ids = findRecordings({ env, sessions: [directory, 'bench_2'] });
  await expect(ids).rejects.toMatchObject(undecided);

  const place = await findRecordings({ env, sessions: [directory] });
  other.live = [{ ...begun, frames: 7 }];
  expect(await overlayLive([begun], place, files)).toEqual(other.live);
  await second.close();
});
