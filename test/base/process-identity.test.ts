import { describe, expect, it } from 'vitest';
import { isSameProcess, processLife, thisProcess } from '../../src/lib/base/process-identity.js';

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
