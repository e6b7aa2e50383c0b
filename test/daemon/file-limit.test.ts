/**
 * Recording where no file may be large: on FAT, or under `ulimit -f`.
 */
import { afterEach, expect, it, vi } from 'vitest';
import { largestFile } from '../../src/lib/storage/largest-file.js';
import { readByMp4box } from '../support/mp4-judges.js';
import { samplePackets } from '../support/recorded-session.js';
import { ServeProcess } from '../support/serve-process.js';
import { sessionFiles, startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

vi.mock('../../src/lib/storage/largest-file.js', { spy: true });

const LARGEST_FILE = 256 * 1024;

/** A filler NAL unit (ISO/IEC 14496-10, 7.3.2.7): bytes that fill a file and mean nothing. */
const FILLER = Buffer.concat([Buffer.of(0, 0, 0, 1, 0x0c), Buffer.alloc(500, 0xff)]);

/** Beyond what is taken for lost before the first packet. */
const FIRST_SEQUENCE = 2_000;

let running: TestDaemon | undefined;

afterEach(async () => {
  vi.restoreAllMocks();
  await running?.stop();
  running = undefined;
});

it('goes on in another session before a file is as large as it may be, and loses nothing', async () => {
  vi.mocked(largestFile).mockResolvedValue(LARGEST_FILE);
  running = await startTestDaemon();
  const phone = await TestPhone.connect(running.url);
  await phone.settled();
  const order = { bitrate: 4, fps: 10, timeoutMs: 0, label: 'long' };
  const { capture } = await running.daemon.startCapture(order, () => {});
  phone.status('capture_started');
  const sent = samplePackets(400).map(({ payload }) => Buffer.concat([payload, FILLER]));
  for (const [n, payload] of sent.entries()) phone.packet(payload, n * 100, FIRST_SEQUENCE + n);
  phone.status('capture_stopped');
  await phone.settled();
  const captureId = capture.id;
  const stop = { captureId, timeoutMs: 20_000 };
  const { sessions, endedEarly } = await running.daemon.stopCapture(stop);
  expect(phone.received).toHaveLength(1);
  // Those before it were gone on with.
  expect(endedEarly).toEqual([sessions.find(({ reason }) => reason === 'stopped')?.id]);

  const files = await Promise.all(sessions.map(sessionFiles));
  files.sort(({ rows: [a] }, { rows: [b] }) => (a?.sequence ?? 0) - (b?.sequence ?? 0));
  expect(files.length).toBeGreaterThan(2);
  for (const { raw, mp4, manifest } of files) {
    const reason = manifest === files.at(-1)?.manifest ? 'stopped' : 'file-limit';
    expect(manifest).toMatchObject({ state: 'complete', reason, label: 'long', captureId });
    expect(manifest.counts.lost).toBe(0);
    const [movie = Buffer.alloc(0)] = mp4;
    expect(Math.max(raw.length, movie.length)).toBeLessThan(LARGEST_FILE);
    expect(readByMp4box(movie).samples).toHaveLength(manifest.counts.frames);
  }
  expect(Buffer.concat(files.map(({ raw }) => raw)).equals(Buffer.concat(sent))).toBe(true);
  await phone.close();
});

it('keeps what a phone still sends that was told to stop in the session that the stop waits for', async () => {
  vi.mocked(largestFile).mockResolvedValue(LARGEST_FILE);
  running = await startTestDaemon();
  const phone = await TestPhone.connect(running.url);
  phone.status('capture_started');
  await running.event('session.opened');
  const stopping = running.daemon.stopCapture({ timeoutMs: 20_000 });
  await phone.receive(1);
  for (const [n, { payload }] of samplePackets(400).entries()) {
    phone.packet(Buffer.concat([payload, FILLER]), n * 100, FIRST_SEQUENCE + n);
  }
  phone.status('capture_stopped');
  const { sessions } = await stopping;
  expect(sessions).toMatchObject([{ state: 'complete', reason: 'stopped' }]);
  expect(sessions[0]?.bytes).toBeGreaterThan(LARGEST_FILE);
  await phone.close();
});

it.skipIf(process.platform !== 'linux')(
  'does so under ulimit -f, which ends no process',
  async () => {
    const limited = ['sh', '-c', 'ulimit -f 1024 && exec "$@"', 'sh'];
    const serve = await ServeProcess.start([], undefined, { FFMPEG_BIN: 'false' }, limited);
    try {
      // Node ignores the signal until whatever runs ffmpeg has listened for it.
      await serve.line('ffmpeg.missing');
      const phone = await TestPhone.connect(serve.url);
      phone.status('capture_started');
      const sent = samplePackets(800);
      for (const [n, { payload }] of sent.entries()) {
        phone.packet(payload, n * 100, FIRST_SEQUENCE + n);
      }
      phone.status('capture_stopped');
      await serve.line('reserve.failed');
      const whole = { state: 'complete', lost: 0 };
      const ended = (reason: string) =>
        serve.line('session.finished', (line) => line['reason'] === reason);
      expect(await ended('file-limit')).toMatchObject(whole);
      expect(await ended('stopped')).toMatchObject(whole);
      await phone.close();
      serve.signal('SIGTERM');
      expect(await serve.exited).toEqual({ code: 0, signal: null });
    } finally {
      await serve.remove();
    }
  },
);
