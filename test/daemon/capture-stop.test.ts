/**
 * Stopping captures as the admin channel asks for it.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/lib/base/clock.js';
import { capturesPerTest, sendPictures } from '../support/captures-per-test.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const captures = capturesPerTest();

describe('capture stop', () => {
  it('says where recordings are found when there is nothing to stop', async () => {
    await expect(captures.daemon.daemon.stopCapture({ timeoutMs: 100 })).rejects.toMatchObject({
      code: 'NO_CAMERA',
      hint: 'Nothing is being recorded. camrec sessions list shows what has been.',
    });
  });

  it('waits no longer than asked for a phone that does not stop', async () => {
    const phone = await captures.connect('?name=stubborn');
    phone.status('capture_started');
    sendPictures(phone, 2);
    await captures.daemon.event('session.opened');
    const { sessions } = await captures.daemon.daemon.stopCapture({ timeoutMs: 100 });
    expect(sessions).toMatchObject([{ device: 'stubborn', state: 'recording', frames: 1 }]);
  });

  it.skipIf(process.platform === 'win32')(
    'does not wait for an ffmpeg that hangs, and the manifest says that there is no thumbnail',
    async () => {
      const script = join(await temporaryDirectory(), 'ffmpeg');
      await writeFile(script, '#!/bin/sh\nexec sleep 5\n', { mode: 0o755 });
      vi.stubEnv('FFMPEG_BIN', script);
      const phone = await captures.connect('?name=hung');
      phone.status('capture_started');
      sendPictures(phone, 3);
      await captures.daemon.event('session.opened');
      // As if the recording had gone on for long.
      vi.spyOn(systemClock, 'monotonic').mockImplementation(() => performance.now() + 60_000);
      phone.status('capture_stopped');
      const stoppedMs = performance.now();
      const session = await captures.daemon.finished();
      expect(performance.now() - stoppedMs).toBeLessThan(2_000);
      expect(session).toMatchObject({ state: 'complete', files: { thumbnail: null } });
    },
  );

  it('by capture id includes sessions that have ended by themselves', async () => {
    const phone = await captures.connect('?name=dropper');
    const { result } = captures.start();
    await phone.receive(1);
    phone.status('capture_started');
    sendPictures(phone, 2);
    const { capture } = await result;
    await phone.settled();
    await phone.vanish();
    await captures.daemon.finished();
    const { sessions } = await captures.daemon.daemon.stopCapture({
      captureId: capture.id,
      timeoutMs: 1000,
    });
    expect(sessions).toMatchObject([{ device: 'dropper', reason: 'disconnected', frames: 2 }]);
  });

  it('tells once of sessions that have ended by themselves since the last one', async () => {
    const phones = [await captures.connect('?name=stays'), await captures.connect('?name=goes')];
    const { result } = captures.start();
    for (const phone of phones) {
      await phone.receive(1);
      phone.status('capture_started');
      sendPictures(phone, 2);
    }
    await result;
    await phones[1]?.vanish();
    await captures.daemon.finished();
    const stop = () => captures.daemon.daemon.stopCapture({ timeoutMs: 5000 });
    const stopping = stop();
    await phones[0]?.receive(2);
    phones[0]?.status('capture_stopped');
    const { sessions, endedBefore } = await stopping;
    expect(sessions).toMatchObject([{ device: 'stays', reason: 'stopped' }]);
    expect(endedBefore).toMatchObject([{ device: 'goes', reason: 'disconnected', frames: 2 }]);
    expect(await stop()).toEqual({ sessions: [], endedBefore: [] });
  });

  it('of one phone says nothing of another that has ended by itself', async () => {
    const phone = await captures.connect('?name=goes');
    await captures.connect('?name=idle');
    const { result } = captures.start({ devices: ['goes'] });
    await phone.receive(1);
    phone.status('capture_started');
    sendPictures(phone, 2);
    await result;
    phone.status('capture_stopped');
    await captures.daemon.finished();
    const stop = (...devices: string[]) =>
      captures.daemon.daemon.stopCapture({ timeoutMs: 100, devices });
    expect(await stop('idle')).toMatchObject({ endedBefore: [] });
    expect(await stop('goes')).toMatchObject({ endedBefore: [{ device: 'goes' }] });
  });

  it('with no phone left says how the last recording ended', async () => {
    const phone = await captures.connect('?name=goes');
    const { result } = captures.start();
    await phone.receive(1);
    phone.status('capture_started');
    sendPictures(phone, 2);
    await result;
    await phone.vanish();
    await captures.daemon.finished();
    const stop = () => captures.daemon.daemon.stopCapture({ timeoutMs: 100 });
    const hint =
      'Nothing is being recorded. A recording had ended before. goes: the camera disconnected. ' +
      'camrec sessions list shows what has been.';
    await expect(stop()).rejects.toMatchObject({ code: 'NO_CAMERA', hint });
    await expect(stop()).rejects.toMatchObject({
      hint: 'Nothing is being recorded. camrec sessions list shows what has been.',
    });
  });

  it('by capture id tells which were over before', async () => {
    const pair = [
      await captures.connect('?name=a'),
      await captures.connect('?name=b'),
      await captures.connect('?name=c'),
    ];
    const { result } = captures.start();
    for (const phone of pair) {
      await phone.receive(1);
      phone.status('capture_started');
      sendPictures(phone, 2);
    }
    const { capture, devices } = await result;
    const [a, b] = devices.map(({ sessionId }) => sessionId);
    const [first, second, third] = pair;
    first?.status('capture_stopped');
    await captures.daemon.finished();
    // Told to end by somebody else, and not yet done.
    await captures.daemon.daemon.stopCapture({ devices: ['b'], timeoutMs: 0 });
    const stopping = captures.daemon.daemon.stopCapture({ captureId: capture.id, timeoutMs: 5000 });
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
    const phone = await captures.connect('?name=wanderer');
    phone.status('capture_started');
    sendPictures(phone, 2);
    await captures.daemon.event('session.opened');
    await phone.vanish();
    await captures.daemon.event('device.disconnected');
    if (isBack) await captures.connect('?name=wanderer');
    const { sessions } = await captures.daemon.daemon.stopCapture({
      devices: ['wand'],
      timeoutMs: 5000,
    });
    expect(sessions).toMatchObject([
      { device: 'wanderer', state: 'complete', reason: 'disconnected' },
    ]);
  });

  it('of two phones under one name asks which one is meant', async () => {
    for (const phone of [await captures.connect(''), await captures.connect('')])
      phone.capabilities('Twin');
    await captures.daemon.event('device.capabilities');
    await captures.daemon.event('device.capabilities');
    await expect(
      captures.daemon.daemon.stopCapture({ devices: ['Twin'], timeoutMs: 0 }),
    ).rejects.toMatchObject({ code: 'AMBIGUOUS_DEVICE' });
  });

  it('of phones that do not record stops nothing', async () => {
    const phone = await captures.connect('?name=idle');
    expect((await captures.daemon.daemon.stopCapture({ timeoutMs: 100 })).sessions).toEqual([]);
    expect(phone.received).toEqual([]);
  });

  it('stops no capture but the one that is meant, though the phone has just recorded that one', async () => {
    const phone = await captures.connect('?name=solo');
    const begin = async () => {
      const { result } = captures.start();
      await phone.receive(phone.received.length + 1);
      phone.status('capture_started');
      sendPictures(phone, 2);
      return (await result).capture.id;
    };
    const first = await begin();
    phone.status('capture_stopped');
    await phone.settled();
    await begin();
    await captures.daemon.daemon.stopCapture({ captureId: first, timeoutMs: 5000 });
    await phone.settled();
    expect(phone.received).toHaveLength(2);
  });
});
