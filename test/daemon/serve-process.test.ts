/**
 * `camrec serve` as a process: signals finish everything, and being killed leaves what has been recorded.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdir, readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadShippedSamples } from '../../src/lib/simulate/shipped-samples.js';
import { LOCK_FILE } from '../../src/lib/storage/directory-lock.js';
import { parseManifest } from '../../src/lib/storage/manifest.js';
import { decode, probe } from '../support/mp4-judges.js';
import { inOwnPidNamespace } from '../support/pid-namespace.js';
import { ServeProcess } from '../support/serve-process.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { TestPhone } from '../support/test-phone.js';
import { ffmpeg, repositoryRoot } from '../support/tools.js';

const [sample] = await loadShippedSamples();
const config = Buffer.concat(sample.config);
const BOOT_MS = 9_000_000;

const processes: ServeProcess[] = [];

afterEach(async () => {
  for (const serve of processes.splice(0)) await serve.remove();
});

async function start(
  args: readonly string[] = [],
  root?: string,
  env: NodeJS.ProcessEnv = {},
): Promise<ServeProcess> {
  const serve = await ServeProcess.start(args, root, env);
  processes.push(serve);
  return serve;
}

async function recordingPhone(
  serve: ServeProcess,
  name: string,
  count: number,
): Promise<TestPhone> {
  const phone = await TestPhone.connect(`${serve.url}?name=${name}`);
  phone.status('capture_started');
  phone.packet(config, 0);
  sample.pictures.slice(0, count).forEach(({ bytes }, index) => {
    phone.packet(bytes, BOOT_MS + index * 100);
  });
  await phone.settled();
  await serve.line('session.opened', (line) => line['device'] === name);
  return phone;
}

async function manifestOf(serve: ServeProcess, name: string) {
  const [directory = ''] = (await readdir(serve.directory)).filter((entry) =>
    entry.startsWith(name),
  );
  const parsed = parseManifest(
    await readFile(join(serve.directory, directory, 'session.json'), 'utf8'),
  );
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.manifest;
}

describe('a signal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s finishes every session and exits 0',
    async (signal) => {
      const serve = await start();
      const phones = [
        await recordingPhone(serve, 'left', 25),
        await recordingPhone(serve, 'right', 15),
      ];
      serve.signal(signal);
      // The phones are told to stop; these two say nothing.
      expect(await phones[0]?.receive(1)).toEqual(['{"command":"stop_capture"}']);
      expect(await serve.exited).toEqual({ code: 0, signal: null });
      expect(await manifestOf(serve, 'left')).toMatchObject({
        state: 'complete',
        reason: 'shutdown',
        counts: { frames: 25 },
      });
      expect(await manifestOf(serve, 'right')).toMatchObject({
        state: 'complete',
        counts: { frames: 15 },
      });
    },
  );

  it('that comes twice exits at once', async () => {
    const serve = await start();
    await recordingPhone(serve, 'mute', 5);
    serve.signal('SIGTERM');
    await serve.line('daemon.stopping');
    // At once it would pass for the echo of the first.
    await sleep(100);
    serve.signal('SIGTERM');
    expect((await serve.exited).code).toBe(130);
    expect(await manifestOf(serve, 'mute')).toMatchObject({ state: 'recording' });
  });
});

describe('a second daemon', () => {
  it('for the same directory is refused with the holder’s process id', async () => {
    const serve = await start();
    const second = ServeProcess.start(['--dir', serve.directory], serve.root);
    await expect(second).rejects.toThrow(`process id ${serve.child.pid}`);
  });

  it('takes over the directory of one that was killed', async () => {
    const serve = await start();
    serve.signal('SIGKILL');
    await serve.exited;
    const next = await start([], serve.root);
    expect(next.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/android-cam$/);
  });
});

describe('a daemon in place of one in another container', () => {
  it.skipIf(inOwnPidNamespace === undefined)(
    'that was killed says that it waits and for how long at most, and then serves (needs unshare)',
    async () => {
      const killed = await ServeProcess.start([], undefined, {}, inOwnPidNamespace);
      processes.push(killed);
      killed.signal('SIGKILL');
      await killed.exited;
      const lock = join(killed.directory, LOCK_FILE);
      const silent = Date.now() / 1000 - 25;
      await vi.waitFor(() => utimes(lock, silent, silent));
      const next = await start([], killed.root);
      expect(next.log.filter(({ event }) => event === 'directory.waiting')).toMatchObject([
        { level: 'warn', msg: expect.stringMatching(/waiting until .*, [1-5] s at most$/) },
      ]);
    },
  );
});

describe('the recordings', () => {
  it('are private to the user', async () => {
    const serve = await start();
    expect((await stat(serve.directory)).mode & 0o777).toBe(0o700);
  });
});

describe('without ffmpeg', () => {
  it('everything but the thumbnail is there, and one line says what is missing', async () => {
    const serve = await start([], undefined, { FFMPEG_BIN: '/nowhere/ffmpeg' });
    await serve.line('ffmpeg.missing');
    await recordingPhone(serve, 'plain', 12);
    serve.signal('SIGTERM');
    await serve.exited;
    expect(serve.log.filter(({ level }) => level === 'warn')).toMatchObject([
      { event: 'ffmpeg.missing', msg: expect.stringContaining('FFMPEG_BIN') },
    ]);
    expect(await manifestOf(serve, 'plain')).toMatchObject({
      state: 'complete',
      files: { thumbnail: null },
      counts: { frames: 12 },
    });
  });
});

describe.skipIf(ffmpeg === undefined)('kill -9 (needs ffmpeg)', () => {
  it('leaves an MP4 that plays up to its last fragment, and a raw stream without a gap', async () => {
    const serve = await start();
    const count = 65;
    await recordingPhone(serve, 'victim', count);
    const [directory = ''] = await readdir(serve.directory).then((names) =>
      names.filter((name) => name.startsWith('victim')),
    );
    const path = (name: string) => join(serve.directory, directory, name);
    const whole = Buffer.concat([
      config,
      ...sample.pictures.slice(0, count).map(({ bytes }) => bytes),
    ]);
    // Everything has arrived; a crash may cost what came last, so that is waited for.
    await vi.waitFor(async () => {
      expect((await stat(path('stream.h264'))).size).toBe(whole.length);
    }, 5000);
    serve.signal('SIGKILL');
    await serve.exited;

    const raw = await readFile(path('stream.h264'));
    expect(raw.equals(whole)).toBe(true);
    const mp4 = await readFile(path('stream.mp4'));
    const { samples } = probe(mp4);
    // Key pictures come every ten: all groups but the one that was open.
    expect(samples.length).toBeGreaterThanOrEqual(60);
    expect(samples.map(({ pts }) => pts)).toEqual(samples.map((_sample, index) => index * 9000));
    const decoded = decode(mp4, 'stream.mp4');
    expect(decoded.complaints).toBe('');
    expect(decoded.pictures).toEqual(decode(raw, 'stream.h264').pictures.slice(0, samples.length));
  });
});

const hasScript = spawnSync('script', ['--version']).status === 0;

it.skipIf(process.platform !== 'linux' || !hasScript)(
  'goes on in the background of a terminal in which somebody types (needs script)',
  async () => {
    const root = await temporaryDirectory();
    const log = join(root, 'log');
    const program = `'${process.execPath}' '${join(repositoryRoot, 'bin/run.js')}'`;
    const serve = `${program} serve --host 127.0.0.1 --port 0 2> '${log}'`;
    const shell = `set -m; ${serve} & echo $! > '${join(root, 'pid')}'; sleep 1000`;
    const env = { CAMREC_DIR: join(root, 'recordings'), CAMREC_RUNTIME_DIR: join(root, 'run') };
    const terminal = spawn('script', ['-qfec', shell, '/dev/null'], {
      env: { ...process.env, ...env, CAMREC_LOG_FORMAT: 'json', SHELL: '/bin/sh' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const url = await vi.waitFor(
      async () => {
        const line = /"url":"ws:([^"]+)"/.exec(await readFile(log, 'utf8'));
        return `http:${line?.[1] ?? expect.fail()}`;
      },
      { timeout: 20_000 },
    );
    try {
      terminal.stdin.write('status\n');
      // One that was stopped answers nobody.
      for (let n = 0; n < 10; n += 1) {
        await fetch(url, { signal: AbortSignal.timeout(10_000) });
        await sleep(50);
      }
    } finally {
      const pid = Number(await readFile(join(root, 'pid'), 'utf8'));
      process.kill(pid, 'SIGKILL');
      terminal.kill('SIGKILL');
    }
  },
);
