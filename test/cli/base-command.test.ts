import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CamrecError } from '../../src/lib/base/errors.js';
import { parseTimeout } from '../../src/lib/base/units.js';
import { BaseCommand } from '../../src/lib/cli/base-command.js';
import { environmentName } from '../../src/lib/cli/environment.js';
import {
  aspectFlag,
  byDefault,
  deviceFlag,
  durationFlag,
  sizeFlag,
  wholeNumberFlag,
  withEnv,
} from '../../src/lib/cli/flags.js';
import { runCommand } from './run-command.js';

let failure: unknown;

class Example extends BaseCommand {
  static override flags = withEnv({
    timeout: durationFlag({ ...byDefault(parseTimeout, '10s') }),
    'min-free': sizeFlag({}),
    aspect: aspectFlag({}),
    device: deviceFlag,
    limit: wholeNumberFlag({ max: 3 }),
    fast: Flags.boolean({}),
    slow: Flags.boolean({ exclusive: ['fast', 'limit'] }),
  });

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Example);
    if (failure !== undefined) throw failure;
    this.log('for people');
    const { json: _, ...rest } = flags;
    return rest;
  }
}

class WithArgument extends BaseCommand {
  static override args = { what: Args.string({}) };

  async run(): Promise<unknown> {
    return (await this.parse(WithArgument)).args;
  }
}

async function run(argv: string[], env: NodeJS.ProcessEnv = {}, fails?: unknown) {
  failure = fails;
  return await runCommand(Example, 'example', argv, env);
}

describe('flags', () => {
  it('take their defaults from the variables named after them', async () => {
    expect(environmentName('min-free')).toBe('CAMREC_MIN_FREE');
    const { json } = await run(['--json'], {
      CAMREC_TIMEOUT: '2m',
      CAMREC_MIN_FREE: '1GiB',
      CAMREC_ASPECT: '16:9',
      CAMREC_DEVICE: 'bench-1, bench-2',
      CAMREC_LIMIT: '2',
      CAMREC_FAST: 'true',
    });
    expect(json).toEqual({
      timeout: 120_000,
      'min-free': 1_073_741_824,
      aspect: { width: 16, height: 9 },
      device: ['bench-1', 'bench-2'],
      limit: 2,
      fast: true,
    });
  });

  it('that may be repeated are refused where their variable is a list of nothing: that would mean everything', async () => {
    const { json, exitCode } = await run(['--json'], { CAMREC_DEVICE: ' ,' });
    expect(exitCode).toBe(2);
    expect(json).toMatchObject({
      error: { code: 'USAGE', message: 'The list in CAMREC_DEVICE is empty.' },
    });
    expect((await run(['--json'], { CAMREC_DEVICE: '' })).json).not.toHaveProperty('device');
  });

  it('count more than the variables', async () => {
    const { json } = await run(['--json', '--timeout', '1s', '--device', 'a', '--device', 'b'], {
      CAMREC_TIMEOUT: '2m',
      CAMREC_DEVICE: 'c',
    });
    expect(json).toMatchObject({ timeout: 1000, device: ['a', 'b'] });
  });

  it.each([
    [['--limit', '2'], { CAMREC_SLOW: '1' }, { limit: 2 }],
    [['--limit=2'], { CAMREC_SLOW: '1', CAMREC_FAST: 'on' }, { limit: 2, fast: true }],
    [['--slow'], { CAMREC_LIMIT: '2', CAMREC_FAST: '1' }, { slow: true }],
    [[], { CAMREC_LIMIT: '2', CAMREC_SLOW: 'off' }, { limit: 2 }],
  ])(
    'that are typed overrule variables that they exclude: %j with %j',
    async (argv, env, given) => {
      expect((await run(['--json', ...argv], env)).json).toEqual({ timeout: 10_000, ...given });
    },
  );

  it.each([
    [['--limit', '2', '--slow'], {}],
    [[], { CAMREC_SLOW: '1', CAMREC_LIMIT: '2' }],
  ])(
    'that exclude each other are refused where neither overrules: %j with %j',
    async (argv, env) => {
      const { exitCode, stderr } = await run(argv, env);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('cannot also be provided');
    },
  );

  it('that are switches are on, off, or refused in a variable', async () => {
    const { exitCode, stderr } = await run([], { CAMREC_FAST: 'maybe', NO_COLOR: '1' });
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      'Error: CAMREC_FAST: "maybe" is neither yes nor no.\n  Write CAMREC_FAST=1, or unset it.\n',
    );
  });

  it.each([
    [['--fast=no'], '--fast'],
    [['--json', '--fast='], '--fast'],
    [['--json=1'], '--json'],
  ])('that are switches take no value, which would be an argument: %j', async (argv, name) => {
    const { exitCode, stdout, stderr } = await run(argv, { NO_COLOR: '1' });
    expect(exitCode).toBe(2);
    expect(stdout + stderr).toContain(`${name} takes no value: `);
  });

  it('end at --', async () => {
    const { json } = await runCommand(WithArgument, 'example', ['--json', '--', '--json=1']);
    expect(json).toEqual({ what: '--json=1' });
  });

  it('have defaults', async () => {
    expect((await run(['--json'])).json).toEqual({ timeout: 10_000 });
  });
});

it('arguments are typed, and never what happens to be on standard input', async () => {
  // What oclif has read there. It waits no longer than 10 ms, so a test with a real pipe would fail by chance.
  Object.assign(globalThis, { oclif: { stdinCache: 'next line of a loop' } });
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'oclif'));
  expect((await runCommand(WithArgument, 'example', ['--json'])).json).toEqual({});
  expect((await runCommand(WithArgument, 'example', ['--json', 'a'])).json).toEqual({ what: 'a' });
});

describe('output', () => {
  it('is text by default', async () => {
    expect(await run([])).toMatchObject({ stdout: 'for people\n', stderr: '', exitCode: 0 });
  });

  it('is one JSON document with --json, and with CAMREC_JSON', async () => {
    const { stdout, stderr } = await run(['--json']);
    expect(stderr).toBe('');
    expect(stdout).toBe(`${JSON.stringify({ timeout: 10_000 }, null, 2)}\n`);
    expect((await run([], { CAMREC_JSON: '1' })).stdout).toBe(stdout);
  });
});

describe('errors', () => {
  const expected = new CamrecError('NO_DAEMON', 'No daemon is running.', { hint: 'Start one.' });

  it('are a sentence and what to do next on stderr', async () => {
    const { stdout, stderr, exitCode } = await run([], { NO_COLOR: '1' }, expected);
    expect([stdout, stderr, exitCode]).toEqual([
      '',
      'Error: No daemon is running.\n  Start one.\n',
      3,
    ]);
  });

  it('are one document on stdout in JSON mode, with the same exit code', async () => {
    const { json, stderr, exitCode } = await run(['--json'], {}, expected);
    const error = { code: 'NO_DAEMON', message: 'No daemon is running.', hint: 'Start one.' };
    expect([json, stderr, exitCode]).toEqual([{ error }, '', 3]);
  });

  it('have a null hint where there is none', async () => {
    const { json } = await run(['--json'], {}, new CamrecError('DISK_FULL', 'Full.'));
    expect(json).toEqual({ error: { code: 'DISK_FULL', message: 'Full.', hint: null } });
  });

  it.each([
    ['a refused value', ['--timeout', '10'], '--timeout: "10" is not a duration.'],
    [
      'a number beyond its range',
      ['--limit', '4'],
      '--limit: "4" is not a whole number from 0 to 3.',
    ],
    ['an unknown flag', ['--nope'], 'Nonexistent flag: --nope'],
    ['an unexpected argument', ['what'], 'Unexpected argument: what'],
    ['a missing value', ['--timeout'], 'Flag --timeout expects a value'],
  ])('of usage exit 2 in both modes: %s', async (_name, argv, message) => {
    const plain = await run(argv, { NO_COLOR: '1' });
    expect([plain.exitCode, plain.stdout]).toEqual([2, '']);
    expect(plain.stderr.split('\n')[0]).toBe(`Error: ${message}`);
    const inJson = await run(['--json', ...argv]);
    expect([inJson.exitCode, inJson.stderr]).toEqual([2, '']);
    expect(inJson.json).toMatchObject({ error: { code: 'USAGE', message } });
  });

  it('in a variable are found like those in a flag', async () => {
    const { exitCode, stderr } = await run([], { CAMREC_LIMIT: 'many', NO_COLOR: '1' });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--limit: "many" is not a whole number');
  });

  it('that nobody expected exit 1 and keep their stack for who asks', async () => {
    const defect = new TypeError('x is not a function', { cause: new Error('deeper') });
    const quiet = await run([], { NO_COLOR: '1', CAMREC_DEBUG: '' }, defect);
    expect(quiet.exitCode).toBe(1);
    expect(quiet.stderr).toBe(
      'Error: x is not a function\n  This is a defect of camrec. Run it again with CAMREC_DEBUG=1 to see where.\n',
    );
    const loud = await run(['--json'], { CAMREC_DEBUG: '1' }, defect);
    expect(loud.json).toMatchObject({
      error: { code: 'INTERNAL', message: 'x is not a function' },
    });
    expect(loud.stderr).toMatch(
      /TypeError: x is not a function\n {4}at .*Caused by: Error: deeper/s,
    );
  });
});
