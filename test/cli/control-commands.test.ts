import { describe, expect, it } from 'vitest';
import CaptureStart from '../../src/commands/capture/start.js';
import CaptureStop from '../../src/commands/capture/stop.js';
import Status from '../../src/commands/status.js';
import { device, session } from '../admin/fake-daemon.js';
import { fakeDaemonPerTest } from '../support/fake-daemon-per-test.js';
import { runCommand } from './run-command.js';
import { shapeOf } from './shape.js';

const fake = fakeDaemonPerTest();

const plain = () => ({ ...fake.env, NO_COLOR: '1' });
const start = (...argv: string[]) => runCommand(CaptureStart, 'capture start', argv, plain());
const stop = (...argv: string[]) => runCommand(CaptureStop, 'capture stop', argv, plain());
const status = (...argv: string[]) => runCommand(Status, 'status', argv, plain());

describe('capture start', () => {
  it('shows each phone and what it said', async () => {
    fake.daemon.devices = [
      device('bench-1'),
      device('bench-2', { state: 'recording', sessionId: 's9' }),
    ];
    const { stdout, stderr, exitCode } = await start('--label', 'run 1', '--aspect', '4:3');
    expect(exitCode).toBe(0);
    expect(stderr).toBe('bench-1: started\nbench-2: already recording\n');
    expect(stdout).toBe(
      [
        'PHONE    STATE              SESSION    MESSAGE',
        'bench-1  started            bench-1_1  Streaming',
        'bench-2  already recording  s9         –',
        '',
        'capture c1, label run 1',
        '',
      ].join('\n'),
    );
    expect(fake.daemon.startCalls).toEqual([
      {
        bitrate: 4,
        fps: 10,
        aspectRatio: { width: 4, height: 3 },
        label: 'run 1',
        timeoutMs: 10_000,
      },
    ]);
  });

  it('exits 5 where a phone failed or kept silent, with the others done', async () => {
    fake.daemon.devices = [device('a'), device('b'), device('c')];
    fake.daemon.behaviour.set('b', 'fails').set('c', 'silent');
    const { json, exitCode, stderr } = await start('--json');
    expect([exitCode, stderr]).toEqual([5, '']);
    expect(json).toMatchObject({
      devices: [
        { name: 'a', state: 'started', sessionId: 'a_1' },
        { name: 'b', state: 'failed', message: 'camera in use' },
        { name: 'c', state: 'timeout' },
      ],
    });
  });

  it('exits 4 where no phone is connected, and where too few come', async () => {
    expect(await start()).toMatchObject({
      exitCode: 4,
      stdout: '',
      stderr: 'Error: No phone is connected.\n',
    });
    fake.daemon.devices = [device('a')];
    const { exitCode, json } = await start('--json', '--wait-devices', '2', '--timeout', '10ms');
    expect(exitCode).toBe(4);
    expect(json).toMatchObject({ error: { code: 'NO_CAMERA' } });
  });

  it('with --duration is a whole recording', async () => {
    fake.daemon.devices = [device('bench-1')];
    fake.daemon.finished = [session('bench-1_1')];
    const { stdout, stderr, exitCode } = await start('--duration', '10ms');
    expect(exitCode).toBe(0);
    expect(stderr).toBe(
      [
        'bench-1: started',
        'Recording for 10 ms. Ctrl-C ends it now and keeps the files.',
        'Stopping, and finishing the files.',
        '',
      ].join('\n'),
    );
    expect(stdout).toContain('/recordings/bench-1_1/stream.mp4');
  });

  it('with --duration speaks of no stopping where no phone began', async () => {
    fake.daemon.devices = [device('a')];
    fake.daemon.behaviour.set('a', 'fails');
    const { stderr, exitCode } = await start('--duration', '10ms');
    expect([exitCode, stderr]).toEqual([5, 'a: failed (camera in use)\n']);
  });

  it.each([
    [['--duration', '1s', '--no-wait'], '--no-wait'],
    [['--aspect', '0:3'], '--aspect: "0:3" is not an aspect ratio.'],
    [['--bitrate', 'x'], '--bitrate: "x" is not a bitrate.'],
    [
      ['--timeout', '0s'],
      '--timeout: 0s is too short: at least 1ms.\n  --no-wait waits for nothing.',
    ],
    [['--fps=-1'], '--fps: "-1" is not a frame rate.'],
    [['--wait-devices', '0'], '--wait-devices: "0" is not a whole number from 1 to 256.'],
  ])('refuses %j', async (argv, message) => {
    const { exitCode, stderr } = await start(...argv);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(fake.daemon.startCalls).toEqual([]);
  });

  it('exits 3 where no daemon runs', async () => {
    expect(await start('--port', '9999', '--json')).toMatchObject({
      exitCode: 3,
      json: { error: { code: 'NO_DAEMON', hint: 'Running: --port 8765.' } },
    });
  });

  it('has a JSON shape that stays', async () => {
    fake.daemon.devices = [device('a')];
    fake.daemon.finished = [session('a_1', { label: 'x', files: { ...session('a_1').files } })];
    const { json } = await start('--json', '--duration', '1ms', '--label', 'x');
    expect(shapeOf(json)).toMatchSnapshot();
  });
});

describe('capture stop', () => {
  it('shows what has become of the recording', async () => {
    fake.daemon.finished = [
      session('bench-1_1', { lost: 3 }),
      session('bench-2_1', { stopToPlayableMs: null, state: 'recording', reason: null }),
    ];
    const { stdout, exitCode } = await stop();
    expect(exitCode).toBe(5);
    expect(stdout).toMatchSnapshot();
  });

  it('says what it waits for where that takes a while, to people', async () => {
    fake.daemon.devices = [device('a')];
    const atOnce = await stop();
    const answer = fake.daemon.stopCapture.bind(fake.daemon);
    fake.daemon.stopCapture = async (params) => {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return await answer(params);
    };
    const late = await stop();
    const inJson = await stop('--json');
    expect([atOnce, late, inJson].map(({ stderr }) => stderr)).toEqual([
      '',
      'Stopping, and finishing the files.\n',
      '',
    ]);
  });

  it('says that nothing was recorded', async () => {
    fake.daemon.devices = [device('a')];
    expect(await stop()).toMatchObject({ exitCode: 0, stdout: 'No phone was recording.\n' });
    expect((await stop('--json')).json).toEqual({ sessions: [], endedBefore: [] });
  });

  it('shows what had ended before', async () => {
    fake.daemon.finished = [session('bench-1_1')];
    fake.daemon.endedBefore = [session('bench-2_1', { reason: 'disconnected', lost: 7 })];
    const { stdout, exitCode } = await stop();
    expect(exitCode).toBe(0);
    expect(stdout).toMatchSnapshot();
    fake.daemon.endedBefore = [session('bench-2_1', { state: 'failed', reason: 'disk-full' })];
    expect((await stop()).exitCode).toBe(5);
  });

  it('waits as long as it is told, or not at all', async () => {
    fake.daemon.devices = [device('a')];
    await stop('--timeout', '1m', '--device', 'a');
    fake.daemon.finished = [session('a_1', { state: 'recording' })];
    expect((await stop('--no-wait')).exitCode).toBe(0);
    expect(fake.daemon.stopCalls).toEqual([
      { timeoutMs: 60_000, devices: ['a'] },
      { timeoutMs: 0 },
    ]);
  });

  it('refuses to wait for no time', async () => {
    fake.daemon.devices = [device('a')];
    const { exitCode, stderr } = await stop('--timeout', '0');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--timeout: 0 is too short');
    expect(fake.daemon.stopCalls).toEqual([]);
  });

  it('exits 4 where no phone is connected', async () => {
    expect((await stop()).exitCode).toBe(4);
  });

  it('has a JSON shape that stays', async () => {
    fake.daemon.finished = [session('a_1')];
    expect(shapeOf((await stop('--json')).json)).toMatchSnapshot();
  });
});

describe('status', () => {
  it('shows the daemon and its phones', async () => {
    fake.daemon.devices = [
      device('bench-1', {
        state: 'recording',
        sessionId: 'bench-1_1',
        fps: 9.96,
        bitrate: 3_940_000,
        frames: 1234,
        lost: 2,
      }),
      device('bench-2', { model: null, lastSeenMs: 4200 }),
    ];
    const { stdout, exitCode } = await status();
    expect(exitCode).toBe(0);
    expect(stdout.replace(String(process.pid), 'PID')).toMatchSnapshot();
  });

  it('says that no phone is connected', async () => {
    expect((await status()).stdout).toMatch(/\n\nNo phone is connected\.\n$/);
  });

  it('says why no recording can begin, however little was free when that was last looked at', async () => {
    const { daemon, devices } = await fake.daemon.status();
    const trouble = '/srv/recordings has vanished';
    fake.daemon.status = async () => ({ daemon: { ...daemon, freeBytes: 0, trouble }, devices });
    expect((await status()).stdout).toMatch(/^no recording can begin: \S+ has vanished$/m);
  });

  it('has no --watch in JSON', async () => {
    expect((await status('--watch', '--json')).exitCode).toBe(2);
  });

  it('with --watch typed is for people, whatever the environment asks for', async () => {
    const look = fake.daemon.status.bind(fake.daemon);
    fake.daemon.status = () => {
      process.emit('SIGINT');
      return look();
    };
    const { stdout, exitCode } = await runCommand(Status, 'status', ['--watch'], {
      ...plain(),
      CAMREC_JSON: '1',
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('No phone is connected');
  });

  it('with --watch goes on until it is interrupted', async () => {
    let looks = 0;
    const look = fake.daemon.status.bind(fake.daemon);
    fake.daemon.status = () => {
      looks += 1;
      if (looks === 3) process.emit('SIGINT');
      return look();
    };
    const { stdout, exitCode } = await status('--watch', '--interval', '0');
    expect(exitCode).toBe(0);
    expect(stdout.match(/No phone is connected/g)).toHaveLength(3);
  });

  it('has a JSON shape that stays', async () => {
    fake.daemon.devices = [device('a')];
    expect(shapeOf((await status('--json')).json)).toMatchSnapshot();
  });
});
