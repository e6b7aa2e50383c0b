import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import Mux from '../../src/commands/mux.js';
import SessionsVerify from '../../src/commands/sessions/verify.js';
import { runMux } from '../../src/lib/mux/run-mux.js';
import { runCommand } from '../cli/run-command.js';
import { crashed, foreign, recorded } from '../support/mux-sessions.js';
import { inOwnPidNamespace } from '../support/pid-namespace.js';
import { samplePackets } from '../support/recorded-session.js';
import { ServeProcess } from '../support/serve-process.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { TestPhone } from '../support/test-phone.js';
import { repositoryRoot } from '../support/tools.js';

// Neither thumbnails nor decoding are the question here.
beforeAll(() => {
  vi.stubEnv('FFMPEG_BIN', '/nonexistent/ffmpeg');
});

const mux = (...argv: string[]) => runCommand(Mux, 'mux', argv, { NO_COLOR: '1' });
const verify = (...argv: string[]) =>
  runCommand(SessionsVerify, 'sessions verify', argv, { NO_COLOR: '1' });

const few = samplePackets(4);

describe('camrec mux', () => {
  it('prints the paths of what it made, and says on stderr how it went', async () => {
    const recordings = await temporaryDirectory();
    const session = await crashed(recordings, few);
    const { stdout, stderr, exitCode } = await mux(recordings);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`${join(session, 'stream.mp4')}\n`);
    expect(stderr).toMatch(/4 frames, 400 ms, in .*; recovered, 0 frames and \d+ ms lost/);
  });

  it('answers in JSON as documented', async () => {
    const recordings = await temporaryDirectory();
    const session = await recorded(recordings, few);
    const { json, stderr, exitCode } = await mux(session, '--force', '--json');
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(json).toEqual({
      results: [
        {
          path: session,
          mp4: [join(session, 'stream.mp4')],
          engine: 'builtin',
          frames: 4,
          durationMs: 400,
          elapsedMs: expect.any(Number),
          error: null,
          skipped: null,
          warnings: [],
          recovery: null,
        },
      ],
    });
  });

  it('exits 5 when some failed, and 1 when all did', async () => {
    const recordings = await temporaryDirectory();
    await recorded(recordings, few);
    const bad = await foreign(recordings, Buffer.from('no video'));
    const some = await mux(recordings, '--json');
    expect(some.exitCode).toBe(5);
    const all = await mux(bad);
    expect(all.exitCode).toBe(1);
    expect(all.stderr).toContain('--engine ffmpeg');
    expect((await mux(join(recordings, 'nothing'), '--json')).exitCode).toBe(1);
  });

  it.each([
    ['--fps', '0'],
    ['--fps', 'ten'],
    ['--engine', 'mencoder'],
    ['--faststart'],
    ['--output', ''],
  ])('refuses %s %s as wrong usage', async (...flags) => {
    const recordings = await temporaryDirectory();
    await recorded(recordings, few);
    const { exitCode, json } = await mux(recordings, ...flags, '--json');
    expect(exitCode).toBe(2);
    expect(json).toMatchObject({ error: { code: 'USAGE' } });
  });

  it('does not take an empty path for the current directory', async () => {
    const { exitCode, json } = await mux('', '--json');
    expect(exitCode).toBe(2);
    expect(json).toMatchObject({ error: { code: 'USAGE', message: 'A path is empty.' } });
  });

  it('is ended by a signal without leaving anything half done', async () => {
    const recordings = await temporaryDirectory();
    const directory = join(recordings, 'sim_20250601_120000');
    await mkdir(directory);
    const one = Buffer.concat(samplePackets(90).map((packet) => packet.payload));
    await writeFile(join(directory, 'stream.h264'), Buffer.concat(Array(800).fill(one)));
    const child = spawn(
      process.execPath,
      [join(repositoryRoot, 'bin/run.js'), 'mux', directory, '--json'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    const isMaking = async () => (await readdir(directory)).some((name) => name.endsWith('.new'));
    while (child.exitCode === null && !(await isMaking())) await new Promise(setImmediate);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(JSON.parse(Buffer.concat(output).toString())).toMatchObject({
      results: [{ error: { code: 'INTERRUPTED' } }],
    });
    expect(await readdir(directory)).toEqual(['stream.h264']);
  });

  it('ends as the command says at a second signal', async () => {
    const recordings = await temporaryDirectory();
    await crashed(recordings, few);
    const endAtOnce = vi.fn<() => never>();
    const insist = () => {
      process.emit('SIGINT');
      // Sooner, it would count as an echo of the first.
      const later = performance.now() + 1000;
      vi.spyOn(performance, 'now').mockReturnValueOnce(later);
      process.emit('SIGINT');
    };
    await runMux({
      paths: [recordings],
      engine: 'builtin',
      output: undefined,
      fps: undefined,
      force: false,
      faststart: false,
      version: '0.0.0',
      warn: () => {},
      endAtOnce,
      onEvent: ({ type }) => (type === 'started' ? insist() : undefined),
    });
    expect(endAtOnce).toHaveBeenCalledOnce();
  });
});

describe('a directory with something odd beside its sessions', () => {
  it.each([
    ['session.json that is a directory', (odd: string) => mkdir(join(odd, 'session.json'))],
    ['links in a circle', (odd: string) => symlink('session.json', join(odd, 'session.json'))],
  ])('has the others done: %s', async (_what, make) => {
    const recordings = await temporaryDirectory();
    const session = await recorded(recordings, few);
    const odd = join(recordings, 'x');
    await mkdir(odd);
    await make(odd);
    const muxed = await mux(recordings, '--json');
    expect(muxed.exitCode).toBe(5);
    expect(muxed.json).toMatchObject({
      results: [
        { path: session, error: null },
        { path: odd, error: { message: expect.stringContaining(odd) } },
      ],
    });
    for (const argv of [['--dir', recordings], [recordings], [session, odd]]) {
      const verified = await verify(...argv, '--json');
      expect(verified.exitCode).toBe(5);
      expect(verified.json).toMatchObject({
        results: [
          { path: session, ok: true },
          { path: odd, ok: false, checks: [{ name: 'manifest', ok: false }] },
        ],
      });
    }
  });

  it('is told in plain words', async () => {
    const recordings = await temporaryDirectory();
    await mkdir(join(recordings, 'x', 'session.json'), { recursive: true });
    const words = `${join(recordings, 'x', 'session.json')} is a directory`;
    expect((await mux(recordings)).stderr).toContain(words);
    expect((await verify('--dir', recordings)).stdout).toContain(words);
  });
});

describe('camrec sessions verify', () => {
  it('tells check by check, and exits by what it found', async () => {
    const recordings = await temporaryDirectory();
    const good = await recorded(recordings, few);
    const fine = await verify('--dir', recordings);
    expect(fine.exitCode).toBe(0);
    expect(fine.stdout).toMatch(/mp4-bytes +ok/);
    expect(fine.stdout).toMatch(/decode +left out/);
    const bad = await recorded(recordings, few);
    await truncate(join(bad, 'stream.mp4'), 2000);
    const mixed = await verify('--dir', recordings, '--json');
    expect(mixed.exitCode).toBe(5);
    expect(mixed.json).toMatchObject({
      results: [
        { path: good, ok: true },
        { path: bad, ok: false },
      ],
      leftOut: [],
    });
    expect((await verify(bad)).exitCode).toBe(1);
  });

  it('does not take a session of another program for one that is proven', async () => {
    const recordings = await temporaryDirectory();
    const other = await foreign(recordings, Buffer.of(0, 0, 1, 0x67));
    const { exitCode, json } = await verify(other, '--json');
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ error: { code: 'INPUT_INVALID' } });
  });

  it('says in JSON that a signal has ended it', async () => {
    const recordings = await temporaryDirectory();
    await recorded(recordings, few);
    // A decoder that says that it runs, and goes on for long.
    const ffmpeg = join(recordings, 'ffmpeg');
    const running = join(recordings, 'running');
    await writeFile(ffmpeg, `#!/bin/sh\n: > '${running}'\nexec sleep 60\n`);
    await chmod(ffmpeg, 0o755);
    const child = spawn(
      process.execPath,
      [join(repositoryRoot, 'bin/run.js'), 'sessions', 'verify', '--dir', recordings, '--json'],
      { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, FFMPEG_BIN: ffmpeg } },
    );
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    while (child.exitCode === null && !existsSync(running)) await new Promise(setImmediate);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(JSON.parse(Buffer.concat(output).toString())).toMatchObject({
      error: { code: 'INTERRUPTED' },
    });
  });
});

it('what a running daemon writes, or is about to write, is left alone', async () => {
  const serve = await ServeProcess.start();
  try {
    const phone = await TestPhone.connect(`${serve.url}?name=ada`);
    phone.status('capture_started');
    for (const { payload, timestampMs } of few) phone.packet(payload, timestampMs);
    const { dir } = await serve.line('session.opened');
    const fresh = join(serve.directory, 'bob_20250601_120000');
    await mkdir(fresh);
    await writeFile(join(fresh, 'frames.csv'), '');
    const { json, exitCode } = await mux(serve.directory, '--force', '--json');
    expect(exitCode).toBe(0);
    const pid = serve.child.pid;
    expect(json).toMatchObject({
      results: [
        { path: dir, mp4: [], skipped: `it is being recorded by process ${pid}` },
        { path: fresh, skipped: `the daemon with process id ${pid} may be writing it` },
      ],
    });
    const elsewhere = await mux(String(dir), '--output', join(serve.root, 'a.mp4'), '--json');
    expect(elsewhere.exitCode).toBe(1);
    expect(elsewhere.json).toMatchObject({
      results: [{ path: dir, skipped: null, error: { code: 'DIRECTORY_IN_USE' } }],
    });
    expect((await verify('--dir', serve.directory, '--json')).json).toMatchObject({
      results: [],
      leftOut: [{ path: dir }, { path: fresh }],
    });
    phone.status('capture_stopped');
    await serve.line('session.finished');
    await phone.close();
    expect((await verify(String(dir))).exitCode).toBe(0);
  } finally {
    await serve.remove();
  }
});

it.skipIf(inOwnPidNamespace === undefined)(
  'what a daemon writes is left alone from a container beside it (needs unshare)',
  async () => {
    const serve = await ServeProcess.start();
    try {
      const phone = await TestPhone.connect(`${serve.url}?name=ada`);
      phone.status('capture_started');
      for (const { payload, timestampMs } of few) phone.packet(payload, timestampMs);
      const { dir } = await serve.line('session.opened');
      const [unshare = '', ...within] = inOwnPidNamespace ?? [];
      const program = [process.execPath, join(repositoryRoot, 'bin/run.js'), 'mux', '--json'];
      const { stdout } = await promisify(execFile)(unshare, [
        ...within,
        ...program,
        serve.directory,
      ]);
      expect(JSON.parse(stdout)).toMatchObject({
        results: [{ path: dir, mp4: [], skipped: expect.stringContaining('is being recorded') }],
      });
      phone.status('capture_stopped');
      await serve.line('session.finished');
      await phone.close();
    } finally {
      await serve.remove();
    }
  },
);

it('two runs at the same time do not disturb each other', async () => {
  const recordings = await temporaryDirectory();
  const session = await crashed(recordings, samplePackets(40));
  const run = promisify(execFile);
  const camrec = join(repositoryRoot, 'bin/run.js');
  await Promise.all(
    [1, 2].map(() => run(process.execPath, [camrec, 'mux', recordings, '--force', '--json'])),
  );
  expect((await verify(session)).exitCode).toBe(0);
  expect((await readdir(session)).sort()).toEqual(
    ['frames.csv', 'session.json', 'stream.h264', 'stream.mp4'].sort(),
  );
  expect((await readFile(join(session, 'session.json'), 'utf8')).length).toBeGreaterThan(0);
});
