/**
 * Commands whose output nobody reads any more, as behind `| head -1`: real processes, real pipes.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { beforeEach, expect, it } from 'vitest';
import { device, session } from '../admin/fake-daemon.js';
import { fakeDaemonPerTest } from '../support/fake-daemon-per-test.js';
import { builtRoot } from './manifest.js';

const fake = fakeDaemonPerTest();

beforeEach(() => {
  fake.daemon.devices = [device('bench')];
});

function camrec(...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [join(builtRoot, 'bin/run.js'), ...args], {
    env: { ...process.env, ...fake.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

it('status --watch ends', async () => {
  const child = camrec('status', '--watch', '--interval', '100ms');
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  expect(await exit).toEqual([0, null]);
});

it('a recording with a duration goes on to its end', async () => {
  fake.daemon.finished = [session('bench_1')];
  const child = camrec('capture', 'start', '--duration', '300ms');
  child.stderr.destroy();
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(fake.daemon.stopCalls).toHaveLength(1);
});
