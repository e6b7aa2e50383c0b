/**
 * The built program as a process of its own: what a shell sees.
 */
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testManifest } from '../support/manifests.js';
import { recorded } from '../support/mux-sessions.js';
import { builtRoot } from './manifest.js';

interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'camrec-program-'));
});

afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

async function camrec(...args: string[]): Promise<Run> {
  return await camrecWith({}, ...args);
}

async function camrecWith(variables: NodeJS.ProcessEnv, ...args: string[]): Promise<Run> {
  const own = { CAMREC_RUNTIME_DIR: home, NO_COLOR: '1', NODE_ENV: 'production' };
  const env = { ...process.env, ...own, ...variables };
  const options = { cwd: home, env, maxBuffer: 64 * 1024 * 1024 };
  return await new Promise((done) => {
    const program = [join(builtRoot, 'bin/run.js'), ...args];
    execFile(process.execPath, program, options, (error, stdout, stderr) => {
      done({ stdout, stderr, code: error === null ? 0 : Number(error.code) });
    });
  });
}

/** A number that no user has: uids of containers may be such. */
const asNobodyKnown = ['--reuid', '54321', '--regid', '54321', '--clear-groups', '--'];
const canBeNobodyKnown = (() => {
  try {
    const script = join(builtRoot, 'bin/run.js');
    execFileSync('setpriv', [...asNobodyKnown, 'test', '-r', script], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

it.skipIf(!canBeNobodyKnown)('runs as a user that the system does not know (needs root)', () => {
  const program = [process.execPath, join(builtRoot, 'bin/run.js'), '--version'];
  const env = { PATH: process.env['PATH'] };
  const printed = execFileSync('setpriv', [...asNobodyKnown, ...program], { env });
  expect(String(printed)).toMatch(/^camrec\/\d/);
});

describe.skipIf(process.platform === 'win32')('in a directory that has been removed', () => {
  /** Runs it in one, in which a shell has been before. */
  async function camrecThere(...args: string[]): Promise<Run> {
    const gone = await mkdtemp(join(home, 'gone-'));
    const script = 'rmdir "$0"; "$@"';
    const words = [process.execPath, join(builtRoot, 'bin/run.js'), ...args];
    const env = { ...process.env, CAMREC_RUNTIME_DIR: home, NO_COLOR: '1', NODE_ENV: 'production' };
    return await new Promise((done) => {
      execFile(
        'sh',
        ['-c', script, gone, ...words],
        { cwd: gone, env },
        (error, stdout, stderr) => {
          done({ stdout, stderr, code: error === null ? 0 : Number(error.code) });
        },
      );
    });
  }

  it('no relative path leads anywhere, and that is no defect', async () => {
    const { code, stdout } = await camrecThere('mux', 'film.h264', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'DIRECTORY_UNUSABLE' } });
    expect(code).toBe(1);
  });

  it('what is named by whole paths is whole', async () => {
    const recordings = await mkdtemp(join(home, 'recordings-'));
    await recorded(recordings);
    const { code, stdout, stderr } = await camrecThere('sessions', 'verify', '--dir', recordings);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: '' });
    expect(stdout).not.toContain('NOT OK');
  });

  it('doctor looks at all the rest', async () => {
    const directory = await mkdtemp(join(home, 'recordings-'));
    const { stdout } = await camrecThere('doctor', '--port', '0', '--dir', directory, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  });
});

it('runs where the home directory is none, and says nothing of it', async () => {
  const file = join(home, 'no-directory');
  await writeFile(file, '');
  const own = { HOME: file, XDG_DATA_HOME: '' };
  expect(await camrecWith(own, 'sessions', 'list', '--dir', '.')).toMatchObject({
    code: 0,
    stderr: '',
  });
});

describe('errors', () => {
  it('are plain sentences on stderr', async () => {
    expect(await camrec('status')).toEqual({
      code: 3,
      stdout: '',
      stderr: 'Error: No daemon is running.\n  Start one in another terminal: camrec serve\n',
    });
  });

  it('are one document on stdout with --json', async () => {
    const { code, stdout, stderr } = await camrec('capture', 'stop', '--json');
    expect([code, stderr]).toEqual([3, '']);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'NO_DAEMON',
        message: 'No daemon is running.',
        hint: 'Start one in another terminal: camrec serve',
      },
    });
  });

  it('of usage exit 2, with --json too', async () => {
    expect(await camrec('capture', 'start', '--aspect', '0:3')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'Error: --aspect: "0:3" is not an aspect ratio.\n  Write width:height in positive whole numbers, like 4:3 or 16:9.\n',
    });
    const { code, stdout, stderr } = await camrec('capture', 'start', '--nope', '--json');
    expect([code, stderr]).toEqual([2, '']);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE' } });
  });

  it.each([
    ['--port=PORT'],
    ['--host=192.0.2.1'],
    ['--dir=notes.txt'],
    ['--dir=notes.txt/below'],
    ['--token-file=nowhere'],
    ['--token-file=.'],
    ['--tls-cert=nowhere', '--tls-key=nowhere'],
    ['--metrics=192.0.2.1:1'],
  ])('of a serve that cannot begin are one sentence: %s', async (...flags) => {
    await writeFile(join(home, 'notes.txt'), '');
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const port = String((taken.address() as AddressInfo).port);
    const args = flags.map((flag) => flag.replace('PORT', port));
    const own = { CAMREC_HOST: '127.0.0.1', CAMREC_PORT: '0' };
    const { code, stderr } = await camrecWith(own, 'serve', ...args);
    taken.close();
    const error = stderr.split('\n').find((line) => line.startsWith('Error'));
    expect([code, error]).toEqual([1, expect.stringMatching(/^Error: [A-Z/].*\.$/)]);
  });

  it('of a command that does not exist propose the one that is meant', async () => {
    expect(await camrec('capture', 'strat')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Error: There is no command "capture strat".\n  Did you mean: camrec capture start\n',
    });
    const { code, stdout } = await camrec('nonsense', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE' } });
  });
});

describe('a command that does not exist', () => {
  it.each(['x', '-v', 'foo'])('is not taken for one that is nothing like it: %s', async (word) => {
    const { code, stderr } = await camrec(word);
    expect([code, stderr]).toEqual([
      2,
      `Error: There is no command "${word}".\n  camrec --help lists the commands.\n`,
    ]);
  });

  it.each([
    ['stauts', 'status'],
    ['mx', 'mux'],
    ['capture strat', 'capture start'],
  ])('has no help, but one that is meant: %s', async (typed, meant) => {
    expect(await camrec('help', ...typed.split(' '))).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: There is no command "${typed}".\n  Did you mean: camrec ${meant}\n`,
    });
    const { stdout, stderr } = await camrec('help', ...typed.split(' '), '--json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE' } });
  });
});

describe('what is typed', () => {
  it.each([
    ['camrec sessions list takes no argument: "/tmp".', ['sessions', 'list', '/tmp']],
    ['--device: The name is empty.', ['capture', 'start', '--device', 'bench', '--device', '']],
    ['--device: The name is empty.', ['sessions', 'list', '--device', '']],
    ['--host: The address is empty.', ['serve', '--host', '', '--dir', '/proc/nowhere']],
    ['--dir: The path is empty.', ['sessions', 'list', '--dir', '']],
    ['The session is empty.', ['sessions', 'show', '']],
    ['The session is empty.', ['sessions', 'verify', 'bench', '']],
    ['--label: The label is empty: it may have 1 to 200 characters.', startLabelled('')],
    ['--label: The label has 201 characters: it may have 1 to 200', startLabelled('x'.repeat(201))],
    ['--duration cannot also be provided', ['capture', 'start', '--no-wait', '--duration', '3s']],
    ['--camera-timeout: 0 is too short: at least 100ms.', ['serve', '--camera-timeout', '0']],
  ])('is refused with what is wrong: %s', async (message, args) => {
    const { code, stderr } = await camrec(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(`Error: ${message}`);
  });

  it('may ask for help in the ways that people know', async () => {
    const { stdout } = await camrec('sessions', 'list', '--help');
    expect(stdout).toContain('--since');
    for (const args of [
      ['help', 'sessions', 'list'],
      ['sessions', 'list', '-h'],
      ['sessions', 'list', 'surplus', '--help'],
    ]) {
      expect(await camrec(...args)).toEqual({ code: 0, stdout, stderr: '' });
    }
  });

  it('may be a topic alone, which shows its commands, to people', async () => {
    const { code, stdout } = await camrec('capture');
    expect([code, stdout]).toEqual([0, expect.stringContaining('capture start')]);
    expect(await camrec('help', 'capture')).toEqual({ code, stdout, stderr: '' });
    expect((await camrec('capture', '--help', '--json')).stdout).toBe(stdout);
  });

  it.each([[['capture', '--duration', '3s']], [['sessions', '--nope']]])(
    'is no topic where flags of a command are given: %j',
    async (args) => {
      expect(await camrec(...args)).toEqual({
        code: 2,
        stdout: '',
        stderr: `Error: camrec ${args[0]} is no command.\n  camrec ${args[0]} --help lists its commands.\n`,
      });
    },
  );

  it.each([
    ['camrec capture is no command.', { CAMREC_JSON: '' }, ['capture', '--json']],
    ['camrec capture is no command.', { CAMREC_JSON: '1' }, ['capture']],
    ['There is no command "--json".', { CAMREC_JSON: '' }, ['--json']],
  ])(
    'that is no command is an error in JSON where that is asked for: %s',
    async (message, env, args) => {
      const { code, stdout, stderr } = await camrecWith(env, ...args);
      expect([code, stderr]).toEqual([2, '']);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE', message } });
    },
  );

  it('that is no command is told in JSON where the variable asks for it', async () => {
    const { code, stdout } = await camrecWith({ CAMREC_JSON: '1' }, 'nonsense');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE' } });
  });
});

it('sessions verify says that there was nothing to verify', async () => {
  const recordings = join(home, 'empty');
  await mkdir(recordings);
  const { code, stderr } = await camrec('sessions', 'verify', '--dir', recordings);
  expect([code, stderr]).toEqual([0, `No session in ${recordings} to verify.\n`]);
});

describe.skipIf(!existsSync('/dev/full'))('a full disk (needs /dev/full)', () => {
  it.each([
    [['sessions', 'list', '--dir', '.']],
    [['sessions', 'list', '--dir', '.', '--json']],
    [['sessions', 'list', '--nope', '--json']],
    [['completion', 'bash']],
    [['nonsense', '--json']],
    [['--version']],
    [['--help']],
    [['help', 'capture']],
  ])('that takes no output is said in a line: %j', async (args) => {
    const script = 'exec "$0" "$@" > /dev/full';
    const program = [process.execPath, join(builtRoot, 'bin/run.js'), ...args];
    const env = { ...process.env, CAMREC_RUNTIME_DIR: home };
    const run = promisify(execFile)('sh', ['-c', script, ...program], { cwd: home, env });
    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr: 'Error: The output cannot be written: ENOSPC: no space left on device, write.\n',
    });
  });
});

function startLabelled(label: string): string[] {
  return ['capture', 'start', '--label', label];
}

describe('a long listing', () => {
  it('is whole when it goes through a pipe', async () => {
    const recordings = join(home, 'recordings');
    const make = async (n: number) => {
      const id = `bench_${n}`;
      await mkdir(join(recordings, id), { recursive: true });
      const manifest = JSON.stringify(testManifest({ id }));
      await writeFile(join(recordings, id, 'session.json'), manifest);
    };
    await Promise.all(Array.from({ length: 1000 }, (_, n) => make(n)));
    const { stdout, code } = await camrec('sessions', 'list', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).sessions).toHaveLength(1000);
  });
});
