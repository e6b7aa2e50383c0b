import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConsole } from '../../src/lib/daemon/console.js';
import { CONSOLE_HELP, parseConsoleLine } from '../../src/lib/daemon/console-line.js';
import { startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

describe('a typed line', () => {
  it.each([
    ['start', { bitrate: 4, fps: 10 }],
    ['start 4:3 4 10', { bitrate: 4, fps: 10, aspectRatio: { width: 4, height: 3 } }],
    ['  START   16:9 ', { bitrate: 4, fps: 10, aspectRatio: { width: 16, height: 9 } }],
    ['start 8', { bitrate: 8, fps: 10 }],
    ['start 8 0', { bitrate: 8, fps: 0 }],
    ['start 1:1 2', { bitrate: 2, fps: 10, aspectRatio: { width: 1, height: 1 } }],
  ])('%s', (line, request) => {
    expect(parseConsoleLine(line)).toEqual({ kind: 'start', request });
  });

  it.each(['stop', 'status', 'help', 'quit'])('%s', (line) => {
    expect(parseConsoleLine(line)).toEqual({ kind: line });
  });

  it('may be empty', () => {
    expect(parseConsoleLine('   ')).toEqual({ kind: 'nothing' });
  });

  it.each([
    'start 0:3',
    'start 4:',
    'start 4:3 x',
    'start 4:3 0',
    'start 4:3 1.5',
    'start 4:3 4 -3',
    'start 4:3 4 many',
    'start 4:3 4 10 now',
    'stop all',
    'record',
  ])('"%s" is refused with a reason', (line) => {
    const parsed = parseConsoleLine(line);
    expect(parsed.kind).toBe('refused');
    expect('message' in parsed && parsed.message.length).toBeGreaterThan(10);
  });
});

describe('the console of a daemon', () => {
  let daemon: TestDaemon;
  let input: PassThrough;
  let printed: string[];
  let quits: number;
  let isInBackground: boolean;
  let close: () => void;

  beforeEach(async () => {
    isInBackground = false;
    daemon = await startTestDaemon();
    input = new PassThrough();
    printed = [];
    quits = 0;
    close = readConsole({
      input,
      print: (line) => printed.push(line),
      api: daemon.daemon,
      quit: () => {
        quits += 1;
      },
      isInBackground: () => isInBackground,
    });
  });

  afterEach(async () => {
    close();
    await daemon.stop();
  });

  it('starts and stops the phones with exactly the messages of the protocol', async () => {
    const phone = await TestPhone.connect(`${daemon.url}?name=bench`);
    await phone.settled();
    input.write('start 4:3 6 12\n');
    expect(await phone.receive(1)).toEqual([
      '{"command":"start_capture","payload":{"format":"h264","bitrate":6,"fps":12,"aspectRatio":{"width":4,"height":3}}}',
    ]);
    phone.status('capture_started');
    await daemon.event('session.opened');
    input.write('stop\n');
    expect((await phone.receive(2))[1]).toBe('{"command":"stop_capture"}');
    phone.status('capture_stopped');
    await daemon.finished();
    // Of the rest the log tells.
    expect(printed).toEqual(['bench: starting']);
    await phone.close();
  });

  it('says what is wrong and goes on', async () => {
    input.write('start 0:3\nstart\nstatus\nquit\n');
    await vi.waitFor(() => expect(quits).toBe(1));
    await vi.waitFor(() => expect(printed.join('\n')).toContain('no phone is connected'));
    expect(printed[0]).toContain('0:3');
    expect(printed.join('\n')).toContain('No phone is connected.');
  });

  it('says that nothing records, which phone could not begin and why, and what can be typed', async () => {
    const phone = await TestPhone.connect(`${daemon.url}?name=bench`);
    await phone.settled();
    input.write('stop\n');
    await vi.waitFor(() => expect(printed.splice(0)).toEqual(['no phone is recording']));
    input.write('start\n');
    await phone.receive(1);
    phone.status('error', 'no camera');
    await vi.waitFor(() => expect(printed).toHaveLength(2));
    expect(printed.splice(0)).toEqual(['bench: starting', 'bench: failed, no camera']);
    input.write('help\n');
    await vi.waitFor(() => expect(printed).toEqual(CONSOLE_HELP));
    await phone.close();
  });

  it('lets no phone move the cursor by what it is called', async () => {
    const phone = await TestPhone.connect(
      `${daemon.url}?name=${encodeURIComponent('ev\u001b[2Jil')}`,
    );
    await phone.settled();
    input.write('status\n');
    await vi.waitFor(() => expect(printed).toContain('ev·[2Jil: idle'));
    await phone.close();
  });

  it('reads nothing while it is in the background', async () => {
    isInBackground = true;
    process.emit('SIGCONT');
    expect(input.isPaused()).toBe(true);
    input.write('quit\n');
    isInBackground = false;
    expect(quits).toBe(0);
    await vi.waitFor(() => expect(quits).toBe(1));
  });

  it('serves on when its input ends', async () => {
    input.end();
    const phone = await TestPhone.connect(daemon.url);
    await phone.settled();
    expect((await daemon.daemon.status()).devices).toHaveLength(1);
    await phone.close();
  });
});
