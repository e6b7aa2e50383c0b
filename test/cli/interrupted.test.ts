/**
 * Commands that are interrupted twice: real processes, real signals.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { device } from '../admin/fake-daemon.js';
import { fakeDaemonPerTest } from '../support/fake-daemon-per-test.js';
import { builtRoot } from './manifest.js';

const fake = fakeDaemonPerTest();

/** Interrupts a recording, and again while it waits for its files. */
async function interruptedTwice(...flags: string[]) {
  fake.daemon.devices = [device('bench')];
  const begun = new Promise<void>((done) => {
    const startCapture = fake.daemon.startCapture.bind(fake.daemon);
    fake.daemon.startCapture = async (...args) => {
      done();
      return await startCapture(...args);
    };
  });
  const stopping = new Promise<void>((done) => {
    fake.daemon.stopCapture = async () => {
      done();
      return await new Promise(() => {});
    };
  });
  const args = ['capture', 'start', '--duration', '1m', ...flags];
  const child = spawn(process.execPath, [join(builtRoot, 'bin/run.js'), ...args], {
    env: { ...process.env, ...fake.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = Promise.all([text(child.stdout), text(child.stderr)]);
  const exit = once(child, 'exit');
  await begun;
  child.kill('SIGINT');
  await stopping;
  // Sooner, the second one would count as an echo of the first.
  await sleep(50);
  child.kill('SIGINT');
  const [code] = await exit;
  const [stdout, stderr] = await written;
  return { code, stdout, stderr };
}

it('a recording says what it leaves', async () => {
  const { code, stdout, stderr } = await interruptedTwice();
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain(
    'Ended at once: the phones may still be recording. camrec capture stop ends it.\n',
  );
});

it('a recording says it in JSON where that was asked for', async () => {
  const { code, stdout, stderr } = await interruptedTwice('--json');
  expect([code, stderr]).toEqual([1, '']);
  expect(JSON.parse(stdout)).toEqual({
    error: {
      code: 'INTERRUPTED',
      message: 'Ended at once: the phones may still be recording.',
      hint: 'camrec capture stop ends it.',
    },
  });
});
