/**
 * A daemon for each test of a file, phones that connect to it, and captures that are started on them.
 */
import { afterEach, beforeEach, vi } from 'vitest';
import type {
  CaptureProgress,
  StartCaptureParams,
  StartCaptureResult,
} from '../../src/lib/admin/protocol.js';
import { loadShippedSamples } from '../../src/lib/simulate/shipped-samples.js';
import { startTestDaemon, type TestDaemon } from './test-daemon.js';
import { TestPhone } from './test-phone.js';

const [sample] = await loadShippedSamples();

/** What phones send before their first picture. */
export const config = Buffer.concat(sample.config);

/** The bytes of one picture; none behind the last one. */
export function picture(index: number): Uint8Array {
  return sample.pictures[index]?.bytes ?? Buffer.alloc(0);
}

/** The phone sends its configuration and so many pictures. */
export function sendPictures(phone: TestPhone, count: number): void {
  phone.packet(config, 0);
  sample.pictures.slice(0, count).forEach(({ bytes }, index) => {
    phone.packet(bytes, 1000 + index * 100);
  });
}

export interface CapturesPerTest {
  /** Of the test that is running. */
  readonly daemon: TestDaemon;
  /** Another daemon in its place. */
  restart(options: Parameters<typeof startTestDaemon>[0]): Promise<void>;
  /** A phone that the daemon knows. It is closed at the end of the test. */
  connect(query: string): Promise<TestPhone>;
  /** A phone that has been told to end its capture, of so many pictures, and has not yet. */
  stoppingPhone(pictures?: number): Promise<TestPhone>;
  /** What the command line does for `capture start`. */
  start(params?: Partial<StartCaptureParams>): {
    readonly result: Promise<StartCaptureResult>;
    readonly progress: readonly CaptureProgress[];
  };
}

/** Call once, at the top of a test file. */
export function capturesPerTest(): CapturesPerTest {
  let daemon: TestDaemon;
  const phones: TestPhone[] = [];

  beforeEach(async () => {
    daemon = await startTestDaemon();
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    for (const phone of phones.splice(0)) await phone.close();
    await daemon.stop();
  });

  async function connect(query: string): Promise<TestPhone> {
    const phone = await TestPhone.connect(`${daemon.url}${query}`);
    await phone.settled();
    phones.push(phone);
    return phone;
  }

  return {
    get daemon() {
      return daemon;
    },
    async restart(options) {
      await daemon.stop();
      daemon = await startTestDaemon(options);
    },
    connect,
    async stoppingPhone(pictures = 0) {
      const phone = await connect('?name=slow');
      phone.status('capture_started');
      if (pictures > 0) sendPictures(phone, pictures);
      await daemon.event('session.opened');
      await daemon.daemon.stopCapture({ timeoutMs: 1 });
      return phone;
    },
    start(params = {}) {
      const progress: CaptureProgress[] = [];
      const result = daemon.daemon.startCapture(
        { bitrate: 4, fps: 10, timeoutMs: 5000, ...params },
        (step) => progress.push(step),
      );
      return { result, progress };
    },
  };
}
