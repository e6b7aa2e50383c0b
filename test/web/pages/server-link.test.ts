/** The camera page's connection over a network that is slow, and over one that is gone. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ServerLink } from '../../../src/web/camera/server-link.js';
import { FakeWebSocket } from '../../support/fake-web-socket.js';

beforeEach(() => {
  vi.useFakeTimers();
  FakeWebSocket.install('http://127.0.0.1:8765/camera');
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('keeps its connection while the network takes anything, and gives it up when nothing moves', () => {
  const disconnected = vi.fn();
  const link = new ServerLink(() => 'slow', {
    connected: () => {},
    disconnected,
    unreachable: () => {},
    command: () => {},
    keyNeeded: () => {},
  });
  link.connect();
  const [socket] = FakeWebSocket.made;
  socket?.open();
  // More waits with every second, and then always as much.
  for (let second = 0; second < 30; second += 1) {
    link.packet(new Uint8Array(second < 10 ? 100_000 : 50_000), second === 0);
    socket?.take(50_000);
    vi.advanceTimersByTime(1_000);
  }
  expect(socket?.bufferedAmount).toBe(500_000);
  expect(disconnected).not.toHaveBeenCalled();
  expect(FakeWebSocket.made).toHaveLength(1);
  vi.advanceTimersByTime(10_000);
  expect(disconnected).toHaveBeenCalledOnce();
  expect(FakeWebSocket.made).toHaveLength(2);
});
