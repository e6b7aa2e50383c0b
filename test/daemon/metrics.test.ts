import { rename } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseMetricsAddress, refuseServingAddress } from '../../src/lib/daemon/metrics-server.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { scrape } from '../support/metrics-text.js';
import { samplePackets } from '../support/recorded-session.js';
import { sessionFiles, startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

const metrics = { host: '127.0.0.1', port: 0 };

let running: TestDaemon | undefined;

afterEach(async () => {
  vi.restoreAllMocks();
  await running?.stop();
  running = undefined;
});

const get = (path: string) =>
  fetch(`http://127.0.0.1:${running?.daemon.metricsPort}${path}`, { redirect: 'error' });

it('counts what is recorded, lost and rejected, and never goes back', async () => {
  running = await startTestDaemon({ metrics });
  const port = running.daemon.metricsPort ?? 0;
  const phone = await TestPhone.connect(running.url);
  phone.status('capture_started');
  const packets = samplePackets(20);
  for (const [n, { payload }] of packets.entries()) {
    if (n !== 5) phone.packet(payload, n * 100, n);
  }
  phone.binary(Buffer.alloc(3));
  phone.text('nonsense');
  await phone.settled();
  const during = await scrape(port);
  expect(during.get('camrec_cameras')).toBe(1);
  expect(during.get('camrec_cameras_recording')).toBe(1);
  expect(during.get('camrec_lost_total')).toBe(1);
  phone.status('capture_stopped');
  const session = await running.finished();
  const after = await scrape(port);
  expect(after.get('camrec_frames_total')).toBe(19);
  expect(after.get('camrec_frames_total')).toBeGreaterThanOrEqual(
    during.get('camrec_frames_total') ?? 99,
  );
  expect(after.get('camrec_bytes_total')).toBe(session.bytes);
  expect(after.get('camrec_rejected_by_reason_total{reason="too-short"}')).toBe(1);
  expect(after.get('camrec_ignored_by_reason_total{reason="not-json"}')).toBe(1);
  expect(after.get('camrec_sessions_ended_total{state="complete",reason="stopped"}')).toBe(1);
  expect(after.get('camrec_stop_to_playable_seconds_count')).toBe(1);
  expect(after.get('camrec_cameras_recording')).toBe(0);
  expect(after.get('camrec_queue_bytes')).toBe(0);
  expect(after.get('camrec_disk_free_bytes')).toBeGreaterThan(0);
  expect(after.get('camrec_disk_usable')).toBe(1);
  for (const name of ['max', 'p99']) {
    expect(after.has(`camrec_event_loop_delay_${name}_seconds`)).toBe(true);
  }
  await phone.close();
});

it('measures the way to a playable MP4 of sessions that have one', async () => {
  running = await startTestDaemon({ metrics });
  const phone = await TestPhone.connect(running.url);
  phone.status('capture_started');
  phone.status('capture_stopped');
  expect(await running.finished()).toMatchObject({ state: 'failed', reason: 'no-pictures' });
  const figures = await scrape(running.daemon.metricsPort ?? 0);
  expect(figures.get('camrec_stop_to_playable_seconds_count')).toBe(0);
  await phone.close();
});

it('takes nothing back from what is lost when it comes late', async () => {
  running = await startTestDaemon({ metrics });
  const port = running.daemon.metricsPort ?? 0;
  const phone = await TestPhone.connect(running.url);
  phone.status('capture_started');
  const packets = samplePackets(6);
  const send = (n: number) => phone.packet(packets[n]?.payload ?? Buffer.alloc(0), n * 100, n);
  for (const n of [0, 1, 2, 5]) send(n);
  await phone.settled();
  const before = await scrape(port);
  send(3);
  await phone.settled();
  const during = await scrape(port);
  phone.status('capture_stopped');
  const session = await running.finished();
  const after = await scrape(port);
  expect(session.lost).toBe(1);
  const figures = [before, during, after];
  expect(figures.map((one) => one.get('camrec_lost_total'))).toEqual([2, 2, 2]);
  expect(figures.map((one) => one.get('camrec_late_total'))).toEqual([0, 1, 1]);
  await phone.close();
});

it('counts as dropped what a session that failed says that it dropped', async () => {
  running = await startTestDaemon({ metrics });
  const { open } = systemDisk;
  vi.spyOn(systemDisk, 'open').mockImplementation(async (path, mode) => {
    const file = await open(path, mode);
    const writev = () => Promise.reject(Object.assign(new Error('broken'), { code: 'EIO' }));
    return path.endsWith('stream.h264') ? { ...file, writev } : file;
  });
  const phone = await TestPhone.connect(running.url);
  phone.status('capture_started');
  for (const [n, { payload }] of samplePackets(20).entries()) phone.packet(payload, n * 100, n);
  const session = await running.finished();
  expect(session).toMatchObject({ state: 'failed', reason: 'disk-error' });
  const { counts } = (await sessionFiles({ ...session, files: { ...session.files, mp4: [] } }))
    .manifest;
  expect(counts.dropped).toBeGreaterThan(0);
  const after = await scrape(running.daemon.metricsPort ?? 0);
  expect(after.get('camrec_dropped_total')).toBe(counts.dropped);
  await phone.close();
});

it('says that it is well', async () => {
  running = await startTestDaemon({ metrics });
  const response = await get('/healthz');
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: 'ok', cameras: 0, recording: 0, trouble: null });
});

it('says that it records nothing when the disk is nearly full', async () => {
  running = await startTestDaemon({ metrics, minFreeBytes: 2 ** 60 });
  const response = await get('/healthz');
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    status: 'degraded',
    trouble: expect.stringMatching(/min-free/),
  });
  expect((await scrape(running.daemon.metricsPort ?? 0)).get('camrec_disk_usable')).toBe(0);
});

it('says that the recordings directory has vanished, and names no path', async () => {
  running = await startTestDaemon({ metrics });
  const { daemon, directory } = running;
  await rename(directory, `${directory}.away`);
  await daemon.status();
  const response = await get('/healthz');
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({
    status: 'failing',
    cameras: 0,
    recording: 0,
    trouble: 'the recordings directory has vanished or cannot be written to',
  });
  await rename(`${directory}.away`, directory);
});

it('has nothing else', async () => {
  running = await startTestDaemon({ metrics });
  expect((await get('/')).status).toBe(404);
  const post = await fetch(`http://127.0.0.1:${running.daemon.metricsPort}/metrics`, {
    method: 'POST',
  });
  expect(post.status).toBe(405);
});

it('is not there unless asked for', async () => {
  running = await startTestDaemon();
  expect(running.daemon.metricsPort).toBeUndefined();
});

it('says so when its address is taken, and leaves nothing open', async () => {
  running = await startTestDaemon({ metrics });
  const port = running.daemon.metricsPort ?? 0;
  await expect(startTestDaemon({ metrics: { host: '127.0.0.1', port } })).rejects.toMatchObject({
    code: 'CONNECTION_FAILED',
  });
});

describe('the address', () => {
  it.each([
    ['9100', { host: '127.0.0.1', port: 9100 }],
    [':9100', { host: '127.0.0.1', port: 9100 }],
    ['0.0.0.0:9100', { host: '0.0.0.0', port: 9100 }],
    ['[::1]:9100', { host: '::1', port: 9100 }],
    ['lab.local:1', { host: 'lab.local', port: 1 }],
  ])('%s', (text, address) => {
    expect(parseMetricsAddress(text)).toEqual(address);
  });

  it.each(['', 'x', '70000', '1.2.3.4', '::1:9100', 'http://x:9100'])('is not %s', (text) => {
    expect(() => parseMetricsAddress(text)).toThrow('not an address');
  });

  it.each([
    ['127.0.0.1', '0.0.0.0'],
    ['0.0.0.0', '192.168.1.20'],
    ['::', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
  ])('is not the one that phones connect to: %s and %s', (host, serving) => {
    const refuse = (port: number) => () =>
      refuseServingAddress({ host, port }, { host: serving, port: 8765 });
    expect(refuse(8765)).toThrow('where phones connect');
    expect(refuse(9100)).not.toThrow();
  });

  it('may have the same number at another address, and any that is free', () => {
    const refuse = (host: string, port: number) => () =>
      refuseServingAddress({ host, port }, { host: '192.168.1.20', port });
    expect(refuse('127.0.0.1', 8765)).not.toThrow();
    expect(refuse('0.0.0.0', 0)).not.toThrow();
  });
});
