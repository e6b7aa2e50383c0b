import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { isSameProcess, processLife, thisProcess } from '../../src/lib/base/process-identity.js';

/** A busy machine takes its time. */
const LONG = { timeout: 20_000 };

const { pidNamespace: _, ...asWrittenEarlier } = thisProcess();

describe('whether a process lives', () => {
  it.each([
    ['this one', thisProcess(), 'alive'],
    ['one that is no more', { ...thisProcess(), pid: 2 ** 22 + 1 }, 'dead'],
    ['one whose number was given to another', { ...thisProcess(), processStart: '1' }, 'dead'],
    ['one from before a reboot', { ...thisProcess(), bootId: 'another boot' }, 'dead'],
    ['one of another machine', { ...thisProcess(), host: 'another' }, 'elsewhere'],
    [
      'one of another container under this host name',
      { ...thisProcess(), pid: 2 ** 22 + 1, pidNamespace: 'pid:[1]' },
      'elsewhere',
    ],
    ['one that was written down without its namespace', asWrittenEarlier, 'alive'],
    ['a dead one without its namespace', { ...asWrittenEarlier, pid: 2 ** 22 + 1 }, 'dead'],
  ] as const)('%s', (_name, identity, life) => {
    expect(processLife(identity)).toBe(life);
  });
});

it.skipIf(process.platform !== 'linux')(
  'is over though its parent never asks after it',
  async () => {
    const parent = spawn('sh', ['-c', 'sleep 30 & echo $!; exec sleep 30'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line);
      const stat = async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ');
      const processStart = (await stat())[21] ?? '';
      const child = { ...thisProcess(), pid, processStart };
      expect(processLife(child)).toBe('alive');
      // A shell would ask after it.
      await vi.waitFor(async () => {
        expect(await readFile(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
      }, LONG);
      process.kill(pid, 'SIGKILL');
      await vi.waitFor(async () => expect((await stat())[2]).toBe('Z'), LONG);
      expect(processLife(child)).toBe('dead');
    } finally {
      parent.kill();
    }
  },
);

it.each([
  ['their number', { pid: 2 ** 22 + 1 }],
  ['their machine', { host: 'another' }],
  ['the boot', { bootId: 'another boot' }],
  ['the time at which they began', { processStart: '1' }],
  ['their container', { pidNamespace: 'pid:[1]' }],
])('tells two processes apart that differ in %s alone', (_what, difference) => {
  expect(isSameProcess(thisProcess(), { ...thisProcess() })).toBe(true);
  expect(isSameProcess(thisProcess(), { ...thisProcess(), ...difference })).toBe(false);
});
