import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import SessionsList from '../../src/commands/sessions/list.js';
import SessionsShow from '../../src/commands/sessions/show.js';
import SessionsVerify from '../../src/commands/sessions/verify.js';
import { INDEX_HEADER } from '../../src/lib/storage/frame-index.js';
import type { Manifest } from '../../src/lib/storage/manifest.js';
import { FakeDaemon, removeDirectory, runtimeEnvironment, session } from '../admin/fake-daemon.js';
import { testManifest } from '../support/manifests.js';
import { runCommand } from './run-command.js';
import { shapeOf } from './shape.js';

let env: Awaited<ReturnType<typeof runtimeEnvironment>>;
let recordings: string;

beforeEach(async () => {
  env = await runtimeEnvironment();
  recordings = join(env.dir, 'recordings');
  await mkdir(recordings);
});

afterEach(async () => {
  await removeDirectory(env.dir);
});

async function record(id: string, changes: Partial<Manifest> = {}): Promise<void> {
  const dir = join(recordings, id);
  await mkdir(dir);
  await writeFile(join(dir, 'session.json'), JSON.stringify(testManifest({ id, ...changes })));
}

const variables = () => ({ CAMREC_RUNTIME_DIR: env.dir, NO_COLOR: '1', TZ: 'UTC' });
const list = (...argv: string[]) => runCommand(SessionsList, 'sessions list', argv, variables());
const show = (...argv: string[]) => runCommand(SessionsShow, 'sessions show', argv, variables());

const verify = (...argv: string[]) =>
  runCommand(SessionsVerify, 'sessions verify', argv, variables());

const ids = (json: unknown) =>
  (json as { sessions: { id: string }[] }).sessions.map(({ id }) => id);

describe('sessions list', () => {
  it('needs no daemon, and names what is no session', async () => {
    await record('bench_1', { label: 'run', startedAt: '2025-06-01T10:00:00.000Z' });
    await record('bench_2', {
      startedAt: '2025-06-01T11:00:00.000Z',
      state: 'failed',
      reason: 'disk-full',
    });
    await mkdir(join(recordings, 'damaged'));
    await writeFile(join(recordings, 'damaged', 'session.json'), '{');
    const { stdout, exitCode } = await list('--dir', recordings);
    expect(exitCode).toBe(0);
    // Newer Nodes say the line and the column as well.
    const shown = stdout.replace(/ \(line \d+ column \d+\)/, '');
    expect(shown.replaceAll(recordings, '/recordings')).toMatchSnapshot();
  });

  it('filters', async () => {
    await record('a_1', { label: 'x', startedAt: '2025-06-01T10:00:00.000Z' });
    await record('a_2', { label: 'x', startedAt: '2025-06-02T10:00:00.000Z' });
    await record('a_3', { startedAt: '2025-06-03T10:00:00.000Z' });
    const found = async (...argv: string[]) =>
      ids((await list('--json', '--dir', recordings, ...argv)).json);
    expect(await found()).toEqual(['a_3', 'a_2', 'a_1']);
    expect(await found('--label', 'x')).toEqual(['a_2', 'a_1']);
    expect(await found('--since', '2025-06-02T00:00Z')).toEqual(['a_3', 'a_2']);
    expect(await found('--limit', '1')).toEqual(['a_3']);
    expect(await found('--device', 'nobody')).toEqual([]);
  });

  it('looks where the daemon records, and takes its live figures', async () => {
    await record('bench_1', { state: 'recording', reason: null });
    await record('bench_2', { state: 'recording', reason: null });
    const daemon = new FakeDaemon({ dir: recordings });
    daemon.live = [session('bench_1', { state: 'recording', frames: 4321 })];
    const server = await daemon.listen(env);
    const { json } = await list('--json');
    const named = await list('--json', '--dir', recordings);
    await server.close();
    expect(json).toMatchObject({
      sessions: [
        { id: 'bench_2', state: 'recording', reason: 'interrupted' },
        { id: 'bench_1', state: 'recording', frames: 4321, reason: 'stopped' },
      ],
    });
    expect(named.json).toEqual(json);
  });

  it('claims no figures of a session that was cut short', async () => {
    await record('bench_1', { state: 'recording', reason: null });
    const { stdout } = await list('--dir', recordings);
    const [head = '', row = ''] = stdout.split('\n');
    const figures = head.slice(head.indexOf('DURATION'), head.indexOf('ID'));
    expect(figures.trim().split(/ +/)).toEqual(['DURATION', 'FRAMES', 'LOST', 'FPS', 'SIZE']);
    expect(row).toMatch(/ interrupted +– +– +– +– +– {2}bench_1$/);
    const facts = (await show('bench_1', '--dir', recordings)).stdout;
    for (const fact of ['duration', 'frames', 'rate', 'size'])
      expect(facts).toMatch(new RegExp(`^${fact} +–$`, 'm'));
  });

  it('says that there is none, or that none fits', async () => {
    expect(await list('--dir', recordings)).toMatchObject({
      exitCode: 0,
      stdout: `No session in ${recordings}.\n`,
    });
    await record('bench_1');
    expect(await list('--dir', recordings, '--device', 'nobody')).toMatchObject({
      exitCode: 0,
      stdout: `No session in ${recordings} fits.\n`,
    });
  });

  it('says what is wrong with a directory, as sessions verify does', async () => {
    const nowhere = join(recordings, 'nowhere');
    const file = join(recordings, 'notes.txt');
    await writeFile(file, '');
    for (const command of [list, verify]) {
      expect((await command('--dir', nowhere)).stderr).toContain(
        `Error: There is no directory ${nowhere}.\n`,
      );
      expect((await command('--dir', file)).stderr).toContain(
        `Error: ${file} is not a directory.\n`,
      );
    }
  });

  it('exits 1 where there is no such directory, 3 where no daemon has the port', async () => {
    const nowhere = await list('--json', '--dir', join(env.dir, 'nowhere'));
    expect(nowhere).toMatchObject({ exitCode: 1, json: { error: { code: 'DIRECTORY_UNUSABLE' } } });
    const nobody = await list('--json', '--port', '9999');
    expect(nobody).toMatchObject({ exitCode: 3, json: { error: { code: 'NO_DAEMON' } } });
  });

  it('has a JSON shape that stays', async () => {
    await record('bench_1');
    await mkdir(join(recordings, 'foreign'));
    expect(shapeOf((await list('--json', '--dir', recordings)).json)).toMatchSnapshot();
  });
});

describe('sessions show', () => {
  beforeEach(async () => {
    await record('bench_20250601_120000');
    await record('bench_20250601_130000');
    const rows = Array.from({ length: 40 }, (_, index) => {
      const sequence = index < 20 ? index : index + 5;
      return `${sequence},${5e8 + index * 100},${1.7e12 + index * 100},${index * 10},10,delta\n`;
    });
    const index = join(recordings, 'bench_20250601_120000', 'frames.csv');
    await writeFile(index, INDEX_HEADER + rows.join(''));
  });

  it('tells everything and draws the frame rate', async () => {
    const { stdout, exitCode } = await show('bench_20250601_12', '--dir', recordings);
    expect(exitCode).toBe(0);
    expect(stdout.replaceAll(recordings, '/recordings')).toMatchSnapshot();
  });

  it('takes a directory as well', async () => {
    const { json } = await show(join(recordings, 'bench_20250601_130000'), '--json');
    expect(json).toMatchObject({ session: { id: 'bench_20250601_130000' }, frameRate: null });
  });

  it('names the candidates, or says that there is none', async () => {
    expect(await show('bench', '--dir', recordings)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('bench_20250601_130000, bench_20250601_120000'),
    });
    const none = await show('nobody', '--json', '--dir', recordings);
    expect(none).toMatchObject({ exitCode: 1, json: { error: { code: 'SESSION_NOT_FOUND' } } });
    const outside = await show('/nowhere/at/all', '--json', '--dir', recordings);
    expect(outside).toMatchObject({ exitCode: 1, json: { error: { code: 'SESSION_NOT_FOUND' } } });
  });

  it('has a JSON shape that stays', async () => {
    const { json } = await show('bench_20250601_12', '--dir', recordings, '--json');
    expect(shapeOf(json)).toMatchSnapshot();
  });
});
