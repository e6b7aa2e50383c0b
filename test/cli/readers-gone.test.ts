/**
 * Commands whose output nobody reads any more, as behind `| head -1`: real processes, real pipes.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AdminServer } from '../../src/lib/admin/server.js';
import {
  device,
  FakeDaemon,
  removeDirectory,
  runtimeEnvironment,
  session,
} from '../admin/fake-daemon.js';
import { builtRoot } from './manifest.js';

let env: Awaited<ReturnType<typeof runtimeEnvironment>>;
let daemon: FakeDaemon;
let server: AdminServer;

beforeEach(async () => {
  env = await runtimeEnvironment();
  daemon = new FakeDaemon();
  daemon.devices = [device('bench')];
  server = await daemon.listen(env);
});

afterEach(async () => {
  await server.close();
  await removeDirectory(env.dir);
});

function camrec(...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [join(builtRoot, 'bin/run.js'), ...args], {
    env: { ...process.env, CAMREC_RUNTIME_DIR: env.dir },
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
  daemon.finished = [session('bench_1')];
  const child = camrec('capture', 'start', '--duration', '300ms');
  child.stderr.destroy();
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(daemon.stopCalls).toHaveLength(1);
});
