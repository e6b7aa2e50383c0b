/**
 * Commands that are interrupted twice: real processes, real signals.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
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

describe('on a terminal, while rows are drawn', () => {
  /** Interrupts a start that no phone answers, once or as often as it takes. */
  async function interruptedWhileDrawing(...flags: string[]) {
    fake.daemon.startCapture = async (_params, progress) => {
      progress({ id: 'x', name: 'bench', state: 'starting', sessionId: null, message: null });
      return await new Promise(() => {});
    };
    const terminal = 'Object.assign(process.stderr,{isTTY:true,getWindowSize:()=>[80,24]})';
    const program = ['--import', `data:text/javascript,${terminal}`, join(builtRoot, 'bin/run.js')];
    const child = spawn(process.execPath, [...program, 'capture', 'start', ...flags], {
      env: { ...process.env, ...fake.env, TERM: 'xterm', CI: '' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const closed = once(child, 'close');
    let drawn = '';
    child.stderr.on('data', (data) => {
      drawn += data;
      if (drawn.includes('bench')) child.kill('SIGINT');
    });
    const [code, signal] = await closed;
    return { code, signal, drawn };
  }

  it('the cursor, which is hidden meanwhile, is shown again', async () => {
    const { signal, drawn } = await interruptedWhileDrawing();
    expect(signal).toBe('SIGINT');
    expect(drawn).toContain('\u001b[?25l');
    expect(drawn.lastIndexOf('\u001b[?25h')).toBeGreaterThan(drawn.lastIndexOf('\u001b[?25l'));
  });

  it('what is left is said', async () => {
    const { code, drawn } = await interruptedWhileDrawing('--duration', '1m');
    expect(code).toBe(1);
    expect(drawn).toContain('Ended at once: the phones may still be recording.');
    expect(drawn.lastIndexOf('\u001b[?25h')).toBeGreaterThan(drawn.lastIndexOf('\u001b[?25l'));
  });
});
