import { expect, it } from 'vitest';
import type { DaemonEvent } from '../../src/lib/admin/protocol.js';
import type { LogLevel } from '../../src/lib/base/logger.js';
import { logEvent } from '../../src/lib/daemon/event-log.js';
import { device, listLogger, session } from '../admin/fake-daemon.js';

const bench = device('bench-1');

it.each<[DaemonEvent, LogLevel, string]>([
  [{ event: 'device.connected', device: bench }, 'info', 'bench-1 connected'],
  [{ event: 'device.capabilities', device: bench }, 'info', 'bench-1 is a Pixel 6a'],
  [
    { event: 'device.capabilities', device: { ...bench, model: null } },
    'info',
    'bench-1 does not say what it is',
  ],
  [
    { event: 'device.disconnected', device: bench, reason: 'it left' },
    'info',
    'bench-1 disconnected: it left',
  ],
  [
    { event: 'device.error', device: bench, message: 'too hot' },
    'warn',
    'bench-1 reports an error: too hot',
  ],
  [
    { event: 'session.opened', session: session('bench-1') },
    'info',
    'bench-1 records to /recordings/bench-1',
  ],
  [
    { event: 'session.finished', session: session('bench-1') },
    'info',
    'bench-1 finished (stopped by the operator): 50 frames, 0 lost, 5.0 s, 2.5 MB; /recordings/bench-1/stream.mp4 ready after 7 ms',
  ],
  [
    {
      event: 'session.finished',
      session: session('bench-1', { state: 'failed', reasonText: 'the disk failed' }),
    },
    'error',
    'bench-1 failed: the disk failed (50 frames, 0 lost, 5.0 s, 2.5 MB, /recordings/bench-1)',
  ],
  [{ event: 'daemon.stopping' }, 'info', 'stopping: finishing every session'],
])('writes one line of $event', (event, level, message) => {
  const { logger, lines } = listLogger();
  logEvent(logger, event);
  expect(lines).toEqual([{ level, message }]);
});
