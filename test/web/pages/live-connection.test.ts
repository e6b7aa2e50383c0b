/** The monitor's connection to a daemon that says nothing any more, without closing it. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LiveConnection } from '../../../src/web/monitor/live-connection.js';
import { FakeWebSocket } from '../../support/fake-web-socket.js';

beforeEach(() => {
  vi.useFakeTimers();
  FakeWebSocket.install('http://127.0.0.1:8765/');
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('does not count as connected to a daemon that is silent, and connects anew', () => {
  const disconnected = vi.fn();
  new LiveConnection({
    connected: () => {},
    disconnected,
    unreachable: () => {},
    status: () => {},
    event: () => {},
    picture: () => {},
  });
  const [socket] = FakeWebSocket.made;
  socket?.open();
  for (let second = 0; second < 30; second += 1) {
    socket?.receive(JSON.stringify({ type: 'status' }));
    vi.advanceTimersByTime(1_000);
  }
  expect(disconnected).not.toHaveBeenCalled();
  vi.advanceTimersByTime(15_000);
  expect(disconnected).toHaveBeenCalledOnce();
  expect(FakeWebSocket.made.length).toBeGreaterThan(1);
});
