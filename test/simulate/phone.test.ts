import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/base/clock.js';
import { type Behaviour, DEFAULT_BEHAVIOUR, NO_FAULTS } from '../../src/lib/simulate/behaviour.js';
import { SimulatedPhone } from '../../src/lib/simulate/phone.js';
import { MAX_QUEUED_BYTES } from '../../src/lib/simulate/phone-socket.js';
import type { Sample } from '../../src/lib/simulate/sample.js';
import { Schedule } from '../../src/lib/simulate/schedule.js';
import { loadShippedSamples } from '../../src/lib/simulate/shipped-samples.js';
import { BareServer, type Connection } from './bare-server.js';

const samples = await loadShippedSamples();

let server: BareServer;
let phones: SimulatedPhone[];

beforeEach(async () => {
  server = await BareServer.listen();
  phones = [];
});

afterEach(async () => {
  for (const phone of phones) phone.cut();
  await server.close();
});

/** A phone that is connected and has introduced itself, twenty times as fast as life. */
async function connect(
  behaviour: Partial<Behaviour> = {},
  sent: readonly [Sample, ...Sample[]] = samples,
): Promise<{ phone: SimulatedPhone; connection: Connection }> {
  const phone = new SimulatedPhone({
    url: new URL(`${server.url}?key=1`),
    name: 'bench 3',
    behaviour: { ...DEFAULT_BEHAVIOUR, speed: 20, ...behaviour },
    samples: sent,
    schedule: new Schedule(systemClock),
    clock: systemClock,
  });
  phones.push(phone);
  const index = server.connections.length;
  await phone.connect();
  const connection = await server.connection(index);
  await connection.until(({ messages }) => messages.length >= 2);
  return { phone, connection };
}

/** What came, in order, in one word each. */
function order({ messages }: Connection): string[] {
  return messages.map((message) => {
    if (message.kind !== 'text') return message.kind;
    const json = message.json as { status?: string; type?: string };
    return json.status ?? json.type ?? 'other';
  });
}

it('introduces itself: ready, then what it can do, under its name', async () => {
  const { connection } = await connect({ model: 'Pixel 6a' });
  expect(connection.path).toBe('/android-cam?key=1&name=bench+3');
  expect(connection.messages.map((message) => message.kind === 'text' && message.json)).toEqual([
    { status: 'ready', message: expect.any(String) },
    {
      type: 'capabilities',
      deviceModel: 'Pixel 6a',
      sdkInt: 35,
      resolutions: expect.arrayContaining([
        { width: 4032, height: 3024, format: 'YUV_420_888', lensFacing: 'back' },
      ]),
      imageAnalysisResolution: { width: 1920, height: 1920 },
    },
  ]);
});

it('streams from start to stop and tells what it has sent', async () => {
  const { phone, connection } = await connect();
  connection.start();
  await connection.until(({ packets }) => packets.length >= 12);
  connection.stop();
  await connection.untilStatus('capture_stopped');
  expect(order(connection).slice(0, 5)).toEqual([
    'ready',
    'capabilities',
    'capture_started',
    'packet',
    'packet',
  ]);
  expect(order(connection).at(-1)).toBe('capture_stopped');
  const { packets, payload, sha256 } = connection;
  const [capture] = phone.report().captures;
  expect(capture).toMatchObject({
    capture: 1,
    sample: 'sample-4x3.h264',
    startedBy: 'command',
    stoppedBy: 'command',
    packets: packets.length,
    configPackets: 1,
    frames: packets.length - 1,
    bytes: payload.length,
    sha256,
    firstSequence: 0,
    lastSequence: packets.length - 1,
    missing: 0,
    firstTimestampMs: packets[1]?.timestampMs,
    lastTimestampMs: packets.at(-1)?.timestampMs,
  });
  expect(packets[0]).toMatchObject({ sequence: 0, timestampMs: 0 });
});

it('ignores what the app ignores silently', async () => {
  const { phone, connection } = await connect();
  connection.stop();
  connection.send({ command: 'start_capture' });
  connection.send({ command: 'dance', payload: {} });
  connection.send('no json');
  await connection.settled();
  expect(phone.state).toBe('idle');
  connection.start();
  await connection.untilStatus('capture_started');
  connection.start({ format: 'h264', bitrate: 8, fps: 30 });
  await connection.until(({ packets }) => packets.length >= 5);
  connection.stop();
  connection.stop();
  await connection.settled();
  expect(connection.statuses).toEqual(['ready', 'capture_started', 'capture_stopped']);
  expect(phone.report()).toMatchObject({ ignoredCommands: 6, captures: [{ capture: 1 }] });
});

it('begins each capture anew at sequence 0, with another piece of device time', async () => {
  const { connection } = await connect({ maxFrames: 5 });
  connection.start();
  await connection.untilStatus('capture_stopped');
  connection.start();
  await connection.untilStatus('capture_stopped', 2);
  const { packets } = connection;
  expect(packets.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
  expect(packets[7]?.timestampMs ?? 0).toBeGreaterThan(packets[5]?.timestampMs ?? 0);
});

it('chooses the sample by the aspect ratio that is asked for', async () => {
  const { phone, connection } = await connect({ maxFrames: 1 });
  const ratios = [
    undefined,
    { width: 4, height: 3 },
    { width: 16, height: 9 },
    { width: 1, height: 1 },
  ];
  for (const [index, aspectRatio] of ratios.entries()) {
    connection.start({ format: 'h264', bitrate: 4, fps: 10, aspectRatio });
    await connection.untilStatus('capture_stopped', index + 1);
  }
  expect(phone.report().captures.map(({ sample }) => sample)).toEqual([
    'sample-4x3.h264',
    'sample-4x3.h264',
    'sample-16x9.h264',
    'sample-1x1.h264',
  ]);
});

it('sends configuration and first pictures before capture_started when asked to', async () => {
  const { connection } = await connect({ earlyFrames: 2, maxFrames: 4 });
  connection.start();
  await connection.untilStatus('capture_stopped');
  expect(order(connection).slice(2)).toEqual([
    'packet',
    'packet',
    'packet',
    'capture_started',
    'packet',
    'packet',
    'capture_stopped',
  ]);
  const { connection: configOnly } = await connect({ earlyFrames: 0, maxFrames: 1 });
  configOnly.start();
  await configOnly.untilStatus('capture_stopped');
  expect(order(configOnly).slice(2)).toEqual([
    'packet',
    'capture_started',
    'packet',
    'capture_stopped',
  ]);
});

it('answers a start with an error, or with silence', async () => {
  const { connection: refusing } = await connect({ onStart: 'error' });
  refusing.start();
  await refusing.untilStatus('error');
  expect(refusing.packets).toEqual([]);
  const { connection: silent, phone } = await connect({ onStart: 'silence' });
  silent.start();
  await silent.settled();
  expect(silent.statuses).toEqual(['ready']);
  expect(phone.state).toBe('idle');
});

it('can be stopped while its camera is still opening', async () => {
  const { phone, connection } = await connect({ startDelayMs: 60_000 });
  connection.start();
  await connection.settled();
  expect(phone.state).toBe('opening');
  connection.stop();
  await connection.untilStatus('capture_stopped');
  expect(phone.state).toBe('idle');
  expect(connection.packets).toEqual([]);
});

it('sends late, stale and empty packets when asked to, and counts them apart', async () => {
  const behaviour = { maxFrames: 3, lateFrames: 2, staleFrames: 1, emptyAtStop: true };
  const { phone, connection } = await connect(behaviour);
  connection.start();
  await connection.until(({ packets }) => packets.length >= 7);
  connection.start();
  await connection.untilStatus('capture_stopped', 2);
  const events = order(connection).slice(3, 14);
  expect(events).toEqual([
    ...['packet', 'packet', 'packet', 'packet', 'packet', 'capture_stopped', 'packet', 'packet'],
    ...['packet', 'capture_started', 'packet'],
  ]);
  const { packets } = connection;
  expect(packets.slice(0, 9).map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0]);
  expect(packets[4]?.payload.length).toBe(0);
  expect(phone.report().captures).toMatchObject([
    { packets: 5, frames: 3, afterStop: 2, lastSequence: 4 },
    { packets: 5, frames: 3, afterStop: 3 },
  ]);
});

it('counts faults as the server sees them', async () => {
  const faults = {
    ...NO_FAULTS,
    drop: 0.2,
    repeat: 0.2,
    corrupt: 0.2,
    wrongLength: 0.2,
    garbage: 0.2,
  };
  const { phone, connection } = await connect({ maxFrames: 100, speed: 1000, faults });
  connection.start();
  await connection.untilStatus('capture_stopped');
  const { messages, packets, sha256 } = connection;
  const rejected = messages.filter(({ kind }) => kind === 'rejected').length;
  const [capture] = phone.report().captures;
  const distinct = new Set(packets.map(({ sequence }) => sequence));
  expect(capture).toMatchObject({
    sha256,
    packets: packets.length,
    frames: distinct.size - 1,
    repeated: packets.length - distinct.size,
    wrongLength: rejected,
    garbage: messages.length - packets.length - rejected - 4,
    missing: (packets.at(-1)?.sequence ?? 0) + 1 - distinct.size,
  });
  expect(capture?.dropped).toBeGreaterThan(5);
  expect((capture?.dropped ?? 0) + (capture?.frames ?? 0) + rejected).toBe(100);
  expect(capture?.corrupted).toBeGreaterThan(5);
});

it('cuts the connection without a goodbye, and everything it counted has arrived', async () => {
  const { phone, connection } = await connect({ autostart: true, disconnectAfterMs: 100 });
  await connection.untilClosed();
  expect(connection.closeCode).toBe(1006);
  expect(connection.statuses).not.toContain('capture_stopped');
  await expect(phone.closed).resolves.toMatchObject({ end: 'cut' });
  expect(phone.report().captures).toMatchObject([
    { sha256: connection.sha256, startedBy: 'phone', stoppedBy: 'phone' },
  ]);
});

it('gives up with 1001 when more waits to be sent than its library holds', async () => {
  const picture = { bytes: new Uint8Array(1024 * 1024).fill(0x41), key: true };
  const big: Sample = { name: 'big', config: [], pictures: [picture], loopTo: 0, fps: 10 };
  const { phone, connection } = await connect({ speed: 1000 }, [big]);
  connection.pause();
  phone.startCapture();
  // The queue overflows in the phone while nothing is read here.
  await expect.poll(() => phone.state, { interval: 5 }).toBe('leaving');
  connection.resume();
  await connection.untilClosed();
  expect(connection.closeCode).toBe(1001);
  await expect(phone.closed).resolves.toMatchObject({ end: 'queue-overflow' });
  const [capture] = phone.report().captures;
  expect(capture?.stoppedBy).toBe('connection');
  expect(capture?.bytes).toBeGreaterThanOrEqual(MAX_QUEUED_BYTES - 2 * picture.bytes.length);
  expect(capture?.sha256).toBe(connection.sha256);
});

it('leaves in good order when the simulation ends, and notices when the server does', async () => {
  const { phone, connection } = await connect({ autostart: true });
  await connection.until(({ packets }) => packets.length >= 3);
  phone.leave();
  await phone.closed;
  await connection.untilClosed();
  expect(connection.closeCode).toBe(1000);
  expect(connection.statuses.at(-1)).toBe('capture_stopped');
  expect(phone.report()).toMatchObject({
    connection: { end: 'finished' },
    captures: [{ stoppedBy: 'simulation', sha256: connection.sha256 }],
  });
  const second = await connect({ autostart: true });
  second.connection.close(1012);
  await expect(second.phone.closed).resolves.toMatchObject({ end: 'closed-by-server', code: 1012 });
});
