import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CaptureOptions, runCapture } from '../../src/lib/admin/capture.js';
import { AdminClient } from '../../src/lib/admin/client.js';
import { captureExitCode, stopExitCode } from '../../src/lib/admin/outcome.js';
import type { AdminServer } from '../../src/lib/admin/server.js';
import type { SessionSummary } from '../../src/lib/base/session-summary.js';
import { device, FakeDaemon, removeDirectory, runtimeEnvironment, session } from './fake-daemon.js';

let env: Awaited<ReturnType<typeof runtimeEnvironment>>;
let daemon: FakeDaemon;
let server: AdminServer;
let client: AdminClient;
let seen: string[];

beforeEach(async () => {
  env = await runtimeEnvironment();
  daemon = new FakeDaemon();
  server = await daemon.listen(env);
  client = await AdminClient.connect(server.path, 1000);
  seen = [];
});

afterEach(async () => {
  client.close();
  await server.close();
  await removeDirectory(env.dir);
});

function options(more: Partial<CaptureOptions> = {}): CaptureOptions {
  return {
    client,
    bitrate: 4,
    fps: 10,
    timeoutMs: 5000,
    wait: true,
    stopTimeoutMs: 5000,
    view: {
      waiting: (connected, wanted) => seen.push(`waiting ${connected}/${wanted}`),
      device: ({ name, state }) => seen.push(`${name} ${state}`),
      begun: async () => void seen.push('begun'),
      recording: (ms) => seen.push(`recording ${ms}`),
      stopping: () => seen.push('stopping'),
    },
    ...more,
  };
}

describe('a start', () => {
  it('asks for exactly what it is told', async () => {
    daemon.devices = [device('a'), device('b')];
    await runCapture(
      options({ aspectRatio: { width: 4, height: 3 }, devices: ['b'], label: 'run', fps: 0 }),
    );
    expect(daemon.startCalls).toEqual([
      {
        bitrate: 4,
        fps: 0,
        aspectRatio: { width: 4, height: 3 },
        devices: ['b'],
        label: 'run',
        timeoutMs: 5000,
      },
    ]);
    expect(seen).toEqual(['b starting', 'b started', 'begun']);
  });

  it('without waiting only tells them', async () => {
    daemon.devices = [device('a')];
    const { devices } = await runCapture(options({ wait: false }));
    expect(devices.map(({ state }) => state)).toEqual(['requested']);
    expect(daemon.startCalls[0]?.timeoutMs).toBe(0);
  });

  it('closes its rows when it fails', async () => {
    await expect(runCapture(options())).rejects.toMatchObject({ code: 'NO_CAMERA' });
    expect(seen).toEqual(['begun']);
  });
});

describe('waiting for phones', () => {
  it('goes on when enough of those that are named are there', async () => {
    const running = runCapture(
      options({
        waitDevices: 2,
        devices: ['bench'],
        view: {
          ...options().view,
          waiting: (connected, wanted) => {
            seen.push(`waiting ${connected}/${wanted}`);
            if (connected === 0) daemon.connect(device('other'));
            if (daemon.devices.length === 1) daemon.connect(device('bench-1'));
            else if (connected === 1) daemon.connect(device('bench-2'));
          },
        },
      }),
    );
    // The selector of the start itself is ambiguous by then, which is the start's to say.
    await expect(running).rejects.toMatchObject({ code: 'AMBIGUOUS_DEVICE' });
    expect(seen.at(-2)).toBe('waiting 2/2');
  });

  it('gives up with what it has, and starts nothing', async () => {
    daemon.devices = [device('a')];
    await expect(runCapture(options({ waitDevices: 2, timeoutMs: 30 }))).rejects.toMatchObject({
      code: 'NO_CAMERA',
      exitCode: 4,
      message: '1 of 2 phones connected within 0 s; nothing was started.',
    });
    expect(daemon.startCalls).toEqual([]);
  });

  it('that is interrupted says so, and starts nothing', async () => {
    const controller = new AbortController();
    const view = { ...options().view, waiting: () => controller.abort() };
    const running = runCapture(
      options({ waitDevices: 1, timeoutMs: 60_000, signal: controller.signal, view }),
    );
    await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 1 });
    expect(daemon.startCalls).toEqual([]);
  });

  it('ends with the daemon', async () => {
    const running = runCapture(
      options({
        waitDevices: 1,
        timeoutMs: 60_000,
        view: { ...options().view, waiting: () => void server.close() },
      }),
    );
    await expect(running).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});

describe('a whole recording', () => {
  it('stops its own capture after its duration', async () => {
    daemon.devices = [device('a')];
    daemon.finished = [session('a_1')];
    const outcome = await runCapture(options({ durationMs: 20 }));
    expect(outcome.sessions).toEqual(daemon.finished);
    expect(outcome.endedEarly).toEqual([]);
    expect(daemon.stopCalls).toEqual([{ captureId: 'c1', timeoutMs: 5000 }]);
    expect(seen).toEqual(['a starting', 'a started', 'begun', 'recording 20', 'stopping']);
  });

  it('ends early when it is interrupted', async () => {
    daemon.devices = [device('a')];
    const controller = new AbortController();
    const view = { ...options().view, recording: () => controller.abort() };
    await runCapture(options({ durationMs: 3_600_000, signal: controller.signal, view }));
    expect(daemon.stopCalls).toHaveLength(1);
  });

  it('ends early when every session has ended by itself', async () => {
    daemon.devices = [device('a'), device('b')];
    const view = {
      ...options().view,
      recording: () => {
        daemon.emit({ event: 'session.finished', session: session('a_1') });
        daemon.emit({ event: 'session.finished', session: session('b_1') });
      },
    };
    const outcome = await runCapture(options({ durationMs: 3_600_000, view }));
    expect(daemon.stopCalls).toHaveLength(1);
    expect(outcome.endedEarly).toEqual(['a_1', 'b_1']);
  });

  it('knows of those that somebody else has ended and that are not finished yet', async () => {
    daemon.devices = [device('a'), device('b')];
    daemon.stopCapture = async () => ({ sessions: [], endedEarly: ['b_1'] });
    const outcome = await runCapture(options({ durationMs: 20 }));
    expect(outcome.endedEarly).toEqual(['b_1']);
  });

  it('is not over where a session is gone on with in another one', async () => {
    daemon.devices = [device('a')];
    const whole = session('a_1', { reason: 'file-limit' });
    const next = session('a_2', { captureId: 'c1', reason: 'disconnected' });
    const emit = (one: SessionSummary) => daemon.emit({ event: 'session.finished', session: one });
    let isOver = false;
    const view = {
      ...options().view,
      recording: () => {
        emit(whole);
        setTimeout(() => {
          isOver = true;
          emit(next);
        }, 50);
      },
    };
    const outcome = await runCapture(options({ durationMs: 3_600_000, view }));
    expect(isOver).toBe(true);
    expect(outcome.endedEarly).toEqual(['a_2']);
  });

  it('says that the daemon is gone', async () => {
    daemon.devices = [device('a')];
    const view = { ...options().view, recording: () => void server.close() };
    await expect(runCapture(options({ durationMs: 3_600_000, view }))).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
    });
  });

  it('does not wait where nothing has begun', async () => {
    daemon.devices = [device('a')];
    daemon.behaviour.set('a', 'silent');
    await runCapture(options({ durationMs: 3_600_000 }));
    expect(seen).toEqual(['a starting', 'a timeout', 'begun', 'stopping']);
  });
});

describe('exit codes', () => {
  const capture = { id: 'c1', label: null };
  const phone = (state: 'started' | 'already-recording' | 'failed' | 'timeout') => ({
    id: 'x',
    name: 'x',
    state,
    sessionId: null,
    message: null,
  });

  it.each([
    ['started', 0],
    ['already-recording', 0],
    ['failed', 5],
    ['timeout', 5],
  ] as const)('of a start where one has %s: %d', (state, code) => {
    expect(captureExitCode({ capture, devices: [phone('started'), phone(state)] })).toBe(code);
  });

  it('of a whole recording: every phone, to the end', () => {
    const devices = [phone('started')];
    const code = (...sessions: ReturnType<typeof session>[]) =>
      captureExitCode({ capture, devices, sessions });
    expect(code(session('a_1'))).toBe(0);
    expect(code()).toBe(5);
    expect(code(session('a_1', { reason: 'disconnected' }))).toBe(5);
    expect(code(session('a_1', { state: 'recording' }))).toBe(5);
    const full = session('a_1', { reason: 'file-limit' });
    expect(code(full, session('a_2'))).toBe(0);
    expect(code(full)).toBe(5);
    expect(code({ ...full, state: 'failed' }, session('a_2'))).toBe(5);
    const sessions = [session('a_1')];
    expect(captureExitCode({ capture, devices, sessions, endedEarly: [] })).toBe(0);
    expect(captureExitCode({ capture, devices, sessions, endedEarly: ['a_1'] })).toBe(5);
  });

  it('of a stop', () => {
    expect(stopExitCode({ sessions: [] })).toBe(0);
    expect(
      stopExitCode({ sessions: [session('a_1'), session('b_1', { state: 'recovered' })] }),
    ).toBe(0);
    expect(stopExitCode({ sessions: [session('a_1'), session('b_1', { state: 'failed' })] })).toBe(
      5,
    );
    expect(stopExitCode({ sessions: [session('a_1', { state: 'recording' })] })).toBe(5);
    const endedBefore = [session('b_1', { reason: 'disconnected' })];
    expect(stopExitCode({ sessions: [session('a_1')], endedBefore })).toBe(0);
    const failed = [session('b_1', { state: 'failed', reason: 'disk-error' })];
    expect(stopExitCode({ sessions: [session('a_1')], endedBefore: failed })).toBe(5);
  });
});
