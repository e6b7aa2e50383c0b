import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConnectionGate } from '../../src/lib/ingest/connection-gate.js';
import { PATIENCE_MS } from '../../src/lib/ingest/limits.js';
import { ManualClock } from '../support/manual-clock.js';

let clock: ManualClock;
let gate: ConnectionGate;
let limits: string[];
let server: Server;
const peers: Socket[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  limits = [];
  gate = new ConnectionGate({
    maxConnections: 2,
    clock,
    onLimit: (limit) => limits.push(limit),
  });
  server = createServer((socket) => gate.admit(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.destroy();
  await new Promise((closed) => server.close(closed));
});

/** Both ends of a connection that has come to the gate. */
async function peer() {
  const arrival = once(server, 'connection') as Promise<[Socket]>;
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  peers.push(far);
  // What is sent goes nowhere, but the end is heard only by who reads.
  far.resume();
  const [near] = await arrival;
  return { near, far };
}

it('lets the oldest that has said nothing make room, and no camera, however old', async () => {
  const camera = await peer();
  gate.keep(camera.near);
  expect(gate.cameras).toBe(1);
  const silent = await peer();
  clock.advance(PATIENCE_MS);
  const newcomer = await peer();
  expect(silent.near.destroyed).toBe(true);
  expect([camera.near.destroyed, newcomer.near.destroyed]).toEqual([false, false]);
  expect(limits).toEqual(['too-many-connections']);
});

it('turns the newcomer away where all are cameras', async () => {
  for (const { near } of [await peer(), await peer()]) gate.keep(near);
  clock.advance(PATIENCE_MS);
  expect((await peer()).near.destroyed).toBe(true);
  expect([gate.cameras, gate.size]).toEqual([2, 2]);
});

it('gives those that have just come time to say what they are', async () => {
  const both = [await peer(), await peer()];
  clock.advance(PATIENCE_MS - 1);
  expect((await peer()).near.destroyed).toBe(true);
  expect(both.map(({ near }) => near.destroyed)).toEqual([false, false]);
});

it('forgets a camera that has gone', async () => {
  const { near, far } = await peer();
  gate.keep(near);
  far.destroy();
  await once(near, 'close');
  expect([gate.cameras, gate.size]).toEqual([0, 0]);
});
