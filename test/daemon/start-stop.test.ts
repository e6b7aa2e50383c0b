/**
 * Starting and stopping captures as the admin channel asks for it, against phones that answer, refuse, stay silent or leave.
 */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { CaptureProgress, StartCaptureParams } from '../../src/lib/admin/protocol.js';
import { systemClock } from '../../src/lib/base/clock.js';
import {
  STOP_AGAIN_MS,
  STOP_QUIET_MS,
  STOP_WAIT_MS,
} from '../../src/lib/daemon/capture-conversation.js';
import { loadShippedSamples } from '../../src/lib/simulate/shipped-samples.js';
import { ManualClock } from '../support/manual-clock.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

const [sample] = await loadShippedSamples();
const config = Buffer.concat(sample.config);

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

function picture(index: number): Uint8Array {
  return sample.pictures[index]?.bytes ?? Buffer.alloc(0);
}

function sendPictures(phone: TestPhone, count: number): void {
  phone.packet(config, 0);
  sample.pictures.slice(0, count).forEach(({ bytes }, index) => {
    phone.packet(bytes, 1000 + index * 100);
  });
}

/** A phone that has been told to end its capture, of so many pictures, and has not yet. */
async function stoppingPhone(pictures = 0): Promise<TestPhone> {
  const phone = await connect('?name=slow');
  phone.status('capture_started');
  if (pictures > 0) sendPictures(phone, pictures);
  await daemon.event('session.opened');
  await daemon.daemon.stopCapture({ timeoutMs: 1 });
  return phone;
}

function start(params: Partial<StartCaptureParams> = {}) {
  const progress: CaptureProgress[] = [];
  const result = daemon.daemon.startCapture(
    { bitrate: 4, fps: 10, timeoutMs: 5000, ...params },
    (step) => progress.push(step),
  );
  return { result, progress };
}

describe('capture start', () => {
  it('tells each phone’s fate: started, failed, timed out, already recording', async () => {
    const [good, bad, mute, busy] = [
      await connect('?name=good'),
      await connect('?name=bad'),
      await connect('?name=mute'),
      await connect('?name=busy'),
    ];
    busy.status('capture_started');
    await daemon.event('session.opened');
    const { result, progress } = start({ label: 'night', timeoutMs: 400 });
    await good.receive(1);
    good.status('capture_started', 'Streaming');
    await bad.receive(1);
    bad.status('error', 'camera in use');
    await mute.receive(1);
    const { capture, devices } = await result;
    expect(capture.label).toBe('night');
    const byName = Object.fromEntries(devices.map((device) => [device.name, device]));
    expect(byName).toMatchObject({
      good: { state: 'started', message: 'Streaming', sessionId: expect.stringMatching(/^good_/) },
      bad: { state: 'failed', message: 'camera in use', sessionId: null },
      mute: { state: 'timeout', sessionId: null },
      busy: { state: 'already-recording', sessionId: expect.stringMatching(/^busy_/) },
    });
    expect(busy.received).toEqual([]);
    const steps = progress.filter(({ name }) => name === 'good').map(({ state }) => state);
    expect(steps).toEqual(['starting', 'started']);
  });

  it('begins the next capture of a phone that is still being stopped when it has stopped', async () => {
    const phone = await stoppingPhone(3);
    expect((await start({ timeoutMs: 0 }).result).devices).toMatchObject([{ state: 'failed' }]);
    const { result, progress } = start({ label: 'next' });
    await phone.settled();
    expect(phone.received).toEqual(['{"command":"stop_capture"}']);
    phone.status('capture_stopped');
    expect(await daemon.finished()).toMatchObject({ label: null, reason: 'stopped', frames: 3 });
    await phone.receive(2);
    phone.status('capture_started');
    expect((await result).devices).toMatchObject([{ state: 'started' }]);
    expect(progress.map(({ state }) => state)).toEqual(['starting', 'started']);
  });

  it('lets nobody who waits for a shorter time call off what waits for a phone to stop', async () => {
    const phone = await stoppingPhone(3);
    const first = start({ label: 'first' }).result;
    const second = start({ label: 'second' }).result;
    expect((await start({ timeoutMs: 0 }).result).devices).toMatchObject([{ state: 'failed' }]);
    phone.status('capture_stopped');
    await phone.receive(2);
    phone.status('capture_started');
    expect((await first).devices).toMatchObject([{ state: 'started' }]);
    expect((await second).devices).toMatchObject([{ state: 'already-recording' }]);
    await phone.settled();
    expect(phone.received).toHaveLength(2);
  });

  it('is called off by a stop while the phone is still being stopped', async () => {
    const phone = await stoppingPhone();
    const { result } = start();
    await daemon.daemon.stopCapture({ timeoutMs: 1 });
    phone.status('capture_stopped');
    expect((await result).devices).toMatchObject([{ state: 'failed' }]);
    await phone.settled();
    expect(phone.received.map((text) => JSON.parse(text).command)).toEqual(
      Array(2).fill('stop_capture'),
    );
  });

  it('fails for a phone that leaves while it is being stopped', async () => {
    const phone = await stoppingPhone();
    const { result } = start();
    await phone.vanish();
    expect((await result).devices).toMatchObject([{ state: 'failed' }]);
  });

  it('gives every phone’s session the same capture id and label', async () => {
    const pair = [await connect('?name=a'), await connect('?name=b')];
    const { result } = start({ label: 'pair' });
    for (const phone of pair) {
      await phone.receive(1);
      phone.status('capture_started');
      sendPictures(phone, 3);
    }
    const { capture } = await result;
    const stopping = daemon.daemon.stopCapture({ timeoutMs: 5000 });
    for (const phone of pair) {
      await phone.receive(2);
      phone.status('capture_stopped');
    }
    const { sessions } = await stopping;
    expect(sessions).toHaveLength(2);
    for (const session of sessions) {
      expect(session).toMatchObject({
        captureId: capture.id,
        label: 'pair',
        state: 'complete',
        frames: 3,
        stopToPlayableMs: expect.any(Number),
      });
    }
  });

  it('gives nobody the label of an earlier command', async () => {
    const phone = await connect('?name=solo');
    const { result } = start({ label: 'first' });
    await phone.receive(1);
    phone.status('capture_started');
    sendPictures(phone, 1);
    phone.status('capture_stopped');
    await result;
    expect((await daemon.finished()).label).toBe('first');
    // Started on the phone itself.
    phone.status('capture_started');
    sendPictures(phone, 1);
    phone.status('capture_stopped');
    expect(await daemon.finished()).toMatchObject({ label: null, captureId: null });
  });

  it('fails for a phone that leaves instead of answering', async () => {
    const phone = await connect('?name=leaver');
    const { result } = start();
    await phone.receive(1);
    await phone.vanish();
    expect((await result).devices).toMatchObject([{ state: 'failed' }]);
  });

  it('tells no phone twice that is about to begin: the first order counts', async () => {
    const phone = await connect('?name=wanted');
    const first = start({ label: 'first', bitrate: 2 }).result;
    const second = start({ label: 'second', bitrate: 8 }).result;
    const third = start({ label: 'third', timeoutMs: 0 }).result;
    const message = 'told by another capture start';
    expect((await third).devices).toMatchObject([{ state: 'requested', message }]);
    await phone.receive(1);
    phone.status('capture_started');
    const sessionId = expect.stringMatching(/^wanted_/);
    expect((await first).devices).toMatchObject([{ state: 'started', sessionId }]);
    expect((await second).devices).toMatchObject([
      { state: 'already-recording', message, sessionId },
    ]);
    await phone.settled();
    expect(phone.received).toHaveLength(1);
    const { session } = await daemon.event('session.opened');
    expect(session).toMatchObject({ label: 'first', captureId: (await first).capture.id });
  });

  it('begins nothing while the daemon ends, which can still be asked', async () => {
    const busy = await connect('?name=busy');
    const idle = await connect('?name=idle');
    busy.status('capture_started');
    sendPictures(busy, 2);
    await daemon.event('session.opened');
    const { port, url } = daemon.daemon.info;
    const stopped = daemon.daemon.stop();
    await busy.receive(1);
    expect((await start({ devices: ['idle'] }).result).devices).toMatchObject([
      { state: 'failed', message: 'the daemon is ending' },
    ]);
    expect(daemon.daemon.info).toMatchObject({ port, url });
    expect((await daemon.daemon.status()).daemon).toMatchObject({
      url,
      trouble: 'the daemon is ending',
    });
    busy.status('capture_stopped');
    await stopped;
    expect(idle.received).toEqual([]);
  });

  it('addresses the devices that are named, by name or unique prefix', async () => {
    const [left, right] = [await connect('?name=left'), await connect('?name=right')];
    const { result } = start({ devices: ['ri'], timeoutMs: 0 });
    expect((await result).devices).toMatchObject([{ name: 'right', state: 'requested' }]);
    await right.receive(1);
    expect(left.received).toEqual([]);
    await expect(start({ devices: ['nobody'] }).result).rejects.toMatchObject({
      code: 'UNKNOWN_DEVICE',
    });
  });

  it('needs a phone', async () => {
    await expect(start().result).rejects.toMatchObject({ code: 'NO_CAMERA' });
  });

  it('never addresses a client that is no camera', async () => {
    const other = new WebSocket(daemon.url);
    await once(other, 'open');
    await expect(start().result).rejects.toMatchObject({ code: 'NO_CAMERA' });
    other.close();
  });
});

describe('capture stop', () => {
  it('waits no longer than asked for a phone that does not stop', async () => {
    const phone = await connect('?name=stubborn');
    phone.status('capture_started');
    sendPictures(phone, 2);
    await daemon.event('session.opened');
    const { sessions } = await daemon.daemon.stopCapture({ timeoutMs: 100 });
    expect(sessions).toMatchObject([{ device: 'stubborn', state: 'recording', frames: 1 }]);
  });

  it.skipIf(process.platform === 'win32')(
    'does not wait for an ffmpeg that hangs, and the manifest says that there is no thumbnail',
    async () => {
      const script = join(await temporaryDirectory(), 'ffmpeg');
      await writeFile(script, '#!/bin/sh\nexec sleep 5\n', { mode: 0o755 });
      vi.stubEnv('FFMPEG_BIN', script);
      const phone = await connect('?name=hung');
      phone.status('capture_started');
      sendPictures(phone, 3);
      await daemon.event('session.opened');
      // As if the recording had gone on for long.
      vi.spyOn(systemClock, 'monotonic').mockImplementation(() => performance.now() + 60_000);
      phone.status('capture_stopped');
      const stoppedMs = performance.now();
      const session = await daemon.finished();
      expect(performance.now() - stoppedMs).toBeLessThan(2_000);
      expect(session).toMatchObject({ state: 'complete', files: { thumbnail: null } });
    },
  );

  it('by capture id includes sessions that have ended by themselves', async () => {
    const phone = await connect('?name=dropper');
    const { result } = start();
    await phone.receive(1);
    phone.status('capture_started');
    sendPictures(phone, 2);
    const { capture } = await result;
    await phone.settled();
    await phone.vanish();
    await daemon.finished();
    const { sessions } = await daemon.daemon.stopCapture({
      captureId: capture.id,
      timeoutMs: 1000,
    });
    expect(sessions).toMatchObject([{ device: 'dropper', reason: 'disconnected', frames: 2 }]);
  });

  it('by capture id tells which were over before', async () => {
    const pair = [await connect('?name=a'), await connect('?name=b'), await connect('?name=c')];
    const { result } = start();
    for (const phone of pair) {
      await phone.receive(1);
      phone.status('capture_started');
      sendPictures(phone, 2);
    }
    const { capture, devices } = await result;
    const [a, b] = devices.map(({ sessionId }) => sessionId);
    const [first, second, third] = pair;
    first?.status('capture_stopped');
    await daemon.finished();
    // Told to end by somebody else, and not yet done.
    await daemon.daemon.stopCapture({ devices: ['b'], timeoutMs: 0 });
    const stopping = daemon.daemon.stopCapture({ captureId: capture.id, timeoutMs: 5000 });
    await second?.receive(2);
    second?.status('capture_stopped');
    await third?.receive(2);
    third?.status('capture_stopped');
    const { sessions, endedEarly } = await stopping;
    expect(sessions).toHaveLength(3);
    expect(endedEarly).toEqual([a, b]);
  });

  it.each([
    ['has come back', true],
    ['has not come back', false],
  ])('of a phone that was cut off and %s ends its session', async (_, isBack) => {
    const phone = await connect('?name=wanderer');
    phone.status('capture_started');
    sendPictures(phone, 2);
    await daemon.event('session.opened');
    await phone.vanish();
    await daemon.event('device.disconnected');
    if (isBack) await connect('?name=wanderer');
    const { sessions } = await daemon.daemon.stopCapture({ devices: ['wand'], timeoutMs: 5000 });
    expect(sessions).toMatchObject([
      { device: 'wanderer', state: 'complete', reason: 'disconnected' },
    ]);
  });

  it('of two phones under one name asks which one is meant', async () => {
    for (const phone of [await connect(''), await connect('')]) phone.capabilities('Twin');
    await daemon.event('device.capabilities');
    await daemon.event('device.capabilities');
    await expect(
      daemon.daemon.stopCapture({ devices: ['Twin'], timeoutMs: 0 }),
    ).rejects.toMatchObject({ code: 'AMBIGUOUS_DEVICE' });
  });

  describe('of a phone that does not say that it has stopped', () => {
    async function stopInVain(clock: ManualClock) {
      await daemon.stop();
      daemon = await startTestDaemon({ clock });
      const phone = await connect('?name=broken');
      phone.status('capture_started');
      sendPictures(phone, 3);
      await daemon.event('session.opened');
      phone.status('error', 'Camera disconnected by system');
      await phone.settled();
      const stopping = daemon.daemon.stopCapture({ timeoutMs: 2 * STOP_WAIT_MS });
      await phone.receive(1);
      return { phone, stopping };
    }
    const states = async () => (await daemon.daemon.status()).devices.map(({ state }) => state);

    it('ends the session when nothing has come for a while, and the phone can begin again', async () => {
      const clock = new ManualClock();
      const { phone, stopping } = await stopInVain(clock);
      clock.advance(STOP_QUIET_MS - 200);
      expect(await states()).toEqual(['stopping']);
      clock.advance(400);
      expect(await states()).toEqual(['idle']);
      expect((await stopping).sessions).toMatchObject([
        { state: 'complete', reason: 'stop-unanswered', frames: 3 },
      ]);
      const { result } = start();
      await phone.receive(2);
      phone.status('capture_started');
      expect((await result).devices).toMatchObject([{ state: 'started' }]);
    });

    it('waits while packets come, which an honest phone may have to send, but not for ever', async () => {
      const clock = new ManualClock();
      const { phone, stopping } = await stopInVain(clock);
      let sent = 0;
      for (let ms = 0; ms < STOP_WAIT_MS - 1000; ms += 1000) {
        clock.advance(1000);
        phone.packet(picture(3 + sent), 2000 + ms);
        await phone.settled();
        sent += 1;
      }
      expect(await states()).toEqual(['stopping']);
      clock.advance(1200);
      expect(await states()).toEqual(['idle']);
      phone.packet(picture(3 + sent), 20_000);
      await phone.settled();
      expect((await stopping).sessions).toMatchObject([
        { state: 'complete', reason: 'stop-unanswered', frames: 3 + sent },
      ]);
    });

    it('is told again, now and then, while it films on, and never when it has begun anew', async () => {
      const clock = new ManualClock();
      const { phone, stopping } = await stopInVain(clock);
      clock.advance(STOP_QUIET_MS + 200);
      await stopping;
      const stops = async () => {
        await phone.settled();
        return phone.received.filter((text) => text.includes('stop_capture')).length;
      };
      const filmOn = (n: number) => phone.packet(picture(3 + n), 2000 + 100 * n);
      filmOn(0);
      expect(await stops()).toBe(1);
      clock.advance(STOP_AGAIN_MS);
      expect(await stops()).toBe(1);
      filmOn(1);
      filmOn(2);
      expect(await stops()).toBe(2);
      clock.advance(STOP_AGAIN_MS);
      filmOn(3);
      expect(await stops()).toBe(3);
      clock.advance(STOP_AGAIN_MS);
      // Its user begins another: the first packets come before that is said.
      phone.packet(config, 0, 0);
      phone.packet(picture(0), 9000);
      expect(await stops()).toBe(3);
      phone.status('capture_started');
      await daemon.event('session.opened');
      expect(await stops()).toBe(3);
    });
  });

  it('of phones that do not record stops nothing', async () => {
    const phone = await connect('?name=idle');
    expect((await daemon.daemon.stopCapture({ timeoutMs: 100 })).sessions).toEqual([]);
    expect(phone.received).toEqual([]);
  });
});

describe('a phone that was told to begin and has not when nobody waits any more', () => {
  const STOP = '{"command":"stop_capture"}';

  async function startInVain(label: string): Promise<{ phone: TestPhone; captureId: string }> {
    const phone = await connect('?name=late');
    const { capture, devices } = await start({ label, timeoutMs: 20 }).result;
    expect(devices).toMatchObject([{ state: 'timeout' }]);
    return { phone, captureId: capture.id };
  }

  it('is shown as starting, and begins under that order after all', async () => {
    const { phone, captureId } = await startInVain('ordered');
    expect((await daemon.daemon.status()).devices).toMatchObject([{ state: 'starting' }]);
    phone.status('capture_started');
    sendPictures(phone, 2);
    phone.status('capture_stopped');
    expect(await daemon.finished()).toMatchObject({ label: 'ordered', captureId });
  });

  it.each([
    ['every phone', () => ({})],
    ['this phone', () => ({ devices: ['late'] })],
    ['this capture', (captureId: string) => ({ captureId })],
  ])('is told to end by a stop of %s', async (_, params) => {
    const { phone, captureId } = await startInVain('called off');
    await daemon.daemon.stopCapture({ timeoutMs: 100, ...params(captureId) });
    expect(await phone.receive(2)).toContain(STOP);
    expect((await daemon.daemon.status()).devices).toMatchObject([{ state: 'idle' }]);
  });

  it('is left alone by a stop of another capture', async () => {
    const { phone } = await startInVain('ordered');
    await daemon.daemon.stopCapture({ timeoutMs: 100, captureId: 'another' });
    await phone.settled();
    expect(phone.received).toHaveLength(1);
  });

  it('is told once more when it begins in spite of the stop', async () => {
    const { phone } = await startInVain('called off');
    await daemon.daemon.stopCapture({ timeoutMs: 100 });
    await phone.receive(2);
    phone.status('capture_started');
    expect((await phone.receive(3)).slice(1)).toEqual([STOP, STOP]);
    sendPictures(phone, 2);
    phone.status('capture_stopped');
    expect(await daemon.finished()).toMatchObject({ label: null, captureId: null, frames: 2 });
  });

  it.each([
    ['said that it failed', async (phone: TestPhone) => phone.status('error', 'camera in use')],
    ['was told to end', async () => void (await daemon.daemon.stopCapture({ timeoutMs: 100 }))],
  ])('gives its label to no later capture once it %s', async (_, giveUp) => {
    const { phone } = await startInVain('given up');
    await giveUp(phone);
    phone.status('capture_started');
    sendPictures(phone, 2);
    phone.status('capture_stopped');
    expect(await daemon.finished()).toMatchObject({ label: null, captureId: null, frames: 2 });
  });
});

it('stops no capture but the one that is meant, though the phone has just recorded that one', async () => {
  const phone = await connect('?name=solo');
  const begin = async () => {
    const { result } = start();
    await phone.receive(phone.received.length + 1);
    phone.status('capture_started');
    sendPictures(phone, 2);
    return (await result).capture.id;
  };
  const first = await begin();
  phone.status('capture_stopped');
  await phone.settled();
  await begin();
  await daemon.daemon.stopCapture({ captureId: first, timeoutMs: 5000 });
  await phone.settled();
  expect(phone.received).toHaveLength(2);
});
