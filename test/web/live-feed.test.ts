import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  MAX_UNCONFIRMED_BYTES,
  MAX_UNCONFIRMED_MS,
  STATUS_AFTER_EVENT_MS,
  VIEWER_PING_EVERY_MS,
} from '../../src/lib/web/limits.js';
import { LiveFeed } from '../../src/lib/web/live-feed.js';
import type { LivePacket } from '../../src/lib/web/live-source.js';
import { FakeDaemon } from '../admin/fake-daemon.js';
import { ManualClock } from '../support/manual-clock.js';

const KEY = Buffer.of(0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0, 0, 0, 1, 0x65, 0x88);
const DELTA = Buffer.of(0, 0, 0, 1, 0x41, 0x9a);

function packet(key: boolean, bytes = 0): LivePacket {
  const start = key ? KEY : DELTA;
  const payload = Buffer.concat([start, Buffer.alloc(bytes, 0x55)]);
  const nalUnits = key ? [payload.subarray(4, 8), payload.subarray(12)] : [payload.subarray(4)];
  return {
    device: 'camera',
    timestampMs: 0,
    arrivalMs: 0,
    payload,
    nalUnits,
    framing: 'annex-b',
    parameterSets: [],
  };
}

describe('LiveFeed', () => {
  const clock = new ManualClock();
  let listener: ((packet: LivePacket) => void) | undefined;
  let daemon: FakeDaemon;
  let feed: LiveFeed;
  let server: WebSocketServer;
  let client: WebSocket;
  /** Number of the picture in each binary message. */
  let received: number[];
  /** Type of each text message. */
  let told: string[];

  beforeEach(async () => {
    listener = undefined;
    received = [];
    told = [];
    const source = {
      watch: (next: typeof listener) => {
        listener = next;
      },
    };
    daemon = new FakeDaemon();
    feed = new LiveFeed({ api: daemon, source, clock });
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) => feed.accept(socket));
    await once(server, 'listening');
    client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    client.on('message', (data: Buffer, isBinary) => {
      if (isBinary) received.push(data.readUInt32BE(0));
      else told.push(JSON.parse(data.toString()).type);
    });
    await once(client, 'open');
  });

  afterEach(() => {
    feed.close();
    client.terminate();
    server.close();
  });

  async function say(message: unknown): Promise<void> {
    client.send(JSON.stringify(message));
    await settled();
  }

  async function settled(): Promise<void> {
    client.ping();
    await once(client, 'pong');
  }

  const watch = () => say({ type: 'watch', devices: ['camera'] });
  const viewer = () => [...feed.viewers][0];

  it('does no work until somebody watches, and none after nobody does', async () => {
    expect(listener).toBeUndefined();
    await watch();
    expect(listener).toBeDefined();
    await say({ type: 'watch', devices: [] });
    expect(listener).toBeUndefined();
    await watch();
    const closed = once(client, 'close');
    client.close();
    await closed;
    await expect.poll(() => listener).toBeUndefined();
  });

  it('shows each of several viewers what it watches, and tells all of them what happens', async () => {
    const other = new WebSocket(client.url);
    const got: string[] = [];
    other.on('message', (data: Buffer, isBinary) =>
      got.push(isBinary ? 'picture' : JSON.parse(data.toString()).type),
    );
    await once(other, 'open');
    await watch();
    other.send(JSON.stringify({ type: 'watch', devices: ['camera', 'another'] }));
    other.ping();
    await once(other, 'pong');
    listener?.(packet(true));
    listener?.({ ...packet(true), device: 'another' });
    daemon.emit({ event: 'daemon.stopping' });
    const ends = [once(client, 'close'), once(other, 'close')];
    await settled();
    feed.close();
    await Promise.all(ends);
    expect(received).toEqual([1]);
    expect(told).toEqual(['hello', 'status', 'event']);
    expect(got).toEqual(['hello', 'status', 'picture', 'picture', 'event']);
  });

  it('shows nothing from before the time that a camera was watched again', async () => {
    await watch();
    // A slice that begins no picture: from now on the picture that began is held until the next.
    const rest = { ...packet(true), nalUnits: [Buffer.of(0x41, 0x4a)] };
    for (const given of [packet(true), rest, packet(true)]) listener?.(given);
    await say({ type: 'watch', devices: [] });
    await watch();
    listener?.(rest);
    listener?.(packet(false));
    await settled();
    expect(received).toEqual([1]);
  });

  it('begins at a key picture', async () => {
    await watch();
    listener?.(packet(false));
    listener?.(packet(true));
    listener?.(packet(false));
    await settled();
    expect(received).toEqual([1, 2]);
    expect(viewer()?.leftOut).toBe(0);
  });

  it('shows every picture of a packet', async () => {
    await watch();
    const { nalUnits } = packet(true);
    listener?.({ ...packet(true), nalUnits: [...nalUnits, DELTA.subarray(4), DELTA.subarray(4)] });
    await settled();
    expect(received).toEqual([1, 2, 3]);
  });

  it('leaves pictures out when they are not confirmed in time, and goes on at the next key picture', async () => {
    await watch();
    listener?.(packet(true));
    clock.advance(MAX_UNCONFIRMED_MS + 1);
    listener?.(packet(false));
    listener?.(packet(true));
    await settled();
    expect(received).toEqual([1]);
    expect(viewer()?.leftOut).toBe(2);
    await say({ type: 'ack', number: 1 });
    listener?.(packet(false));
    listener?.(packet(true));
    listener?.(packet(false));
    await settled();
    expect(received).toEqual([1, 2, 3]);
  });

  it('never has more on its way than its limit, whatever comes', async () => {
    client.pause();
    client.send(JSON.stringify({ type: 'watch', devices: ['camera'] }));
    await expect.poll(() => listener).toBeDefined();
    const size = 100_000;
    for (let n = 0; n < 500; n += 1) listener?.(packet(n % 10 === 0, size));
    expect(viewer()?.unconfirmedBytes).toBeLessThanOrEqual(MAX_UNCONFIRMED_BYTES);
    expect(viewer()?.unconfirmedBytes).toBeGreaterThan(MAX_UNCONFIRMED_BYTES / 2);
    client.resume();
    await settled();
    expect(received.length).toBeLessThan(MAX_UNCONFIRMED_BYTES / size);
    await say({ type: 'ack', number: received.at(-1) });
    expect(viewer()?.unconfirmedBytes).toBe(0);
  });

  it('lets one very large picture through', async () => {
    await watch();
    listener?.(packet(true, 2 * MAX_UNCONFIRMED_BYTES));
    await settled();
    expect(received).toEqual([1]);
  });

  it.each(['', '{', '7', '{"type":"watch"}', '{"type":"ack","number":"x"}', '{"type":"x"}'])(
    'takes %j for nothing',
    async (text) => {
      await watch();
      client.send(text);
      listener?.(packet(true));
      await settled();
      expect(received).toEqual([1]);
    },
  );

  it('tells events one by one, and the figures after them once', async () => {
    await settled();
    expect(told).toEqual(['hello', 'status']);
    for (let n = 0; n < 3; n += 1) daemon.emit({ event: 'daemon.stopping' });
    await settled();
    expect(told.splice(0)).toEqual(['hello', 'status', 'event', 'event', 'event']);
    clock.advance(STATUS_AFTER_EVENT_MS);
    await settled();
    expect(told.splice(0)).toEqual(['status']);
    clock.advance(STATUS_AFTER_EVENT_MS);
    daemon.emit({ event: 'daemon.stopping' });
    clock.advance(STATUS_AFTER_EVENT_MS);
    await settled();
    expect(told).toEqual(['event', 'status']);
  });

  it('cuts off a viewer that gives no sign of life', async () => {
    await settled();
    clock.advance(VIEWER_PING_EVERY_MS);
    // Asked once: the answer counts.
    await once(client, 'ping');
    await settled();
    clock.advance(VIEWER_PING_EVERY_MS);
    expect(feed.viewers.size).toBe(1);
    client.pause();
    clock.advance(2 * VIEWER_PING_EVERY_MS);
    await expect.poll(() => feed.viewers.size).toBe(0);
  });
});
