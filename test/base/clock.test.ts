import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { systemClock, type Timer } from '../../src/lib/base/clock.js';

/** Two ends of a connection whose far end has written what waits to be read here. */
async function connection(): Promise<{ near: Socket; far: Socket; close: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const far = connect(port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  await once(far, 'connect');
  const close = () => {
    far.destroy();
    near.destroy();
    server.close();
  };
  return { near, far, close };
}

/** Nothing of this process runs, as after SIGSTOP. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it.each(['after', 'every'] as const)(
  'makes what is late, %s a time, wait for what has come meanwhile',
  async (kind) => {
    const { near, far, close } = await connection();
    const order: string[] = [];
    near.on('data', () => order.push('read'));
    const late = new Promise<void>((resolve) => {
      const timer: Timer = systemClock[kind](50, () => {
        order.push('late');
        timer.cancel();
        resolve();
      });
    });
    far.write('I am here');
    standStill(700);
    await late;
    expect(order).toEqual(['read', 'late']);
    close();
  },
);

it('does not make what was cancelled meanwhile', async () => {
  const made: string[] = [];
  const second = systemClock.after(60, () => made.push('second'));
  systemClock.after(50, () => second.cancel());
  standStill(700);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(made).toEqual([]);
});

it('makes what is due once, or again and again, until it is cancelled', async () => {
  const made: string[] = [];
  const cancelled = systemClock.after(10, () => made.push('cancelled'));
  systemClock.after(10, () => made.push('once'));
  const beat = systemClock.every(10, () => made.push('beat'));
  cancelled.cancel();
  const beats = () => made.filter((what) => what === 'beat').length;
  await vi.waitUntil(() => beats() > 2 && made.includes('once'), { timeout: 20_000 });
  beat.cancel();
  const before = [...made];
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(made).toEqual(before);
  expect(made.filter((what) => what !== 'beat')).toEqual(['once']);
});

it('keeps no process alive', () => {
  const timers = () => process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length;
  const before = timers();
  const waiting = [systemClock.after(60_000, () => {}), systemClock.every(60_000, () => {})];
  expect(timers()).toBe(before);
  for (const timer of waiting) timer.cancel();
});
