/**
 * Starting captures as the admin channel asks for it, against phones that answer, refuse, stay silent or leave.
 */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { capturesPerTest, sendPictures } from '../support/captures-per-test.js';

const captures = capturesPerTest();

describe('capture start', () => {
  it('tells each phone’s fate: started, failed, timed out, already recording', async () => {
    const [good, bad, mute, busy] = [
      await captures.connect('?name=good'),
      await captures.connect('?name=bad'),
      await captures.connect('?name=mute'),
      await captures.connect('?name=busy'),
    ];
    busy.status('capture_started');
    await captures.daemon.event('session.opened');
    const { result, progress } = captures.start({ label: 'night', timeoutMs: 400 });
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
    const phone = await captures.stoppingPhone(3);
    expect((await captures.start({ timeoutMs: 0 }).result).devices).toMatchObject([
      { state: 'failed' },
    ]);
    const { result, progress } = captures.start({ label: 'next' });
    await phone.settled();
    expect(phone.received).toEqual(['{"command":"stop_capture"}']);
    phone.status('capture_stopped');
    expect(await captures.daemon.finished()).toMatchObject({
      label: null,
      reason: 'stopped',
      frames: 3,
    });
    await phone.receive(2);
    phone.status('capture_started');
    expect((await result).devices).toMatchObject([{ state: 'started' }]);
    expect(progress.map(({ state }) => state)).toEqual(['starting', 'started']);
  });

  it('lets nobody who waits for a shorter time call off what waits for a phone to stop', async () => {
    const phone = await captures.stoppingPhone(3);
    const first = captures.start({ label: 'first' }).result;
    const second = captures.start({ label: 'second' }).result;
    expect((await captures.start({ timeoutMs: 0 }).result).devices).toMatchObject([
      { state: 'failed' },
    ]);
    phone.status('capture_stopped');
    await phone.receive(2);
    phone.status('capture_started');
    expect((await first).devices).toMatchObject([{ state: 'started' }]);
    expect((await second).devices).toMatchObject([{ state: 'already-recording' }]);
    await phone.settled();
    expect(phone.received).toHaveLength(2);
  });

  it('is called off by a stop while the phone is still being stopped', async () => {
    const phone = await captures.stoppingPhone();
    const { result } = captures.start();
    await captures.daemon.daemon.stopCapture({ timeoutMs: 1 });
    phone.status('capture_stopped');
    expect((await result).devices).toMatchObject([{ state: 'failed' }]);
    await phone.settled();
    expect(phone.received.map((text) => JSON.parse(text).command)).toEqual(
      Array(2).fill('stop_capture'),
    );
  });

  it('fails for a phone that leaves while it is being stopped', async () => {
    const phone = await captures.stoppingPhone();
    const { result } = captures.start();
    await phone.vanish();
    expect((await result).devices).toMatchObject([{ state: 'failed' }]);
  });

  it('gives every phone’s session the same capture id and label', async () => {
    const pair = [await captures.connect('?name=a'), await captures.connect('?name=b')];
    const { result } = captures.start({ label: 'pair' });
    for (const phone of pair) {
      await phone.receive(1);
      phone.status('capture_started');
      sendPictures(phone, 3);
    }
    const { capture } = await result;
    const stopping = captures.daemon.daemon.stopCapture({ timeoutMs: 5000 });
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
    const phone = await captures.connect('?name=solo');
    const { result } = captures.start({ label: 'first' });
    await phone.receive(1);
    phone.status('capture_started');
    sendPictures(phone, 1);
    phone.status('capture_stopped');
    await result;
    expect((await captures.daemon.finished()).label).toBe('first');
    // Started on the phone itself.
    phone.status('capture_started');
    sendPictures(phone, 1);
    phone.status('capture_stopped');
    expect(await captures.daemon.finished()).toMatchObject({ label: null, captureId: null });
  });

  it('fails for a phone that leaves instead of answering', async () => {
    const phone = await captures.connect('?name=leaver');
    const { result } = captures.start();
    await phone.receive(1);
    await phone.vanish();
    expect((await result).devices).toMatchObject([{ state: 'failed' }]);
  });

  it('tells no phone twice that is about to begin: the first order counts', async () => {
    const phone = await captures.connect('?name=wanted');
    const first = captures.start({ label: 'first', bitrate: 2 }).result;
    const second = captures.start({ label: 'second', bitrate: 8 }).result;
    const third = captures.start({ label: 'third', timeoutMs: 0 }).result;
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
    const { session } = await captures.daemon.event('session.opened');
    expect(session).toMatchObject({ label: 'first', captureId: (await first).capture.id });
  });

  it('begins nothing while the daemon ends, which can still be asked', async () => {
    const busy = await captures.connect('?name=busy');
    const idle = await captures.connect('?name=idle');
    busy.status('capture_started');
    sendPictures(busy, 2);
    await captures.daemon.event('session.opened');
    const { port, url } = captures.daemon.daemon.info;
    const stopped = captures.daemon.daemon.stop();
    await busy.receive(1);
    expect((await captures.start({ devices: ['idle'] }).result).devices).toMatchObject([
      { state: 'failed', message: 'the daemon is ending' },
    ]);
    expect(captures.daemon.daemon.info).toMatchObject({ port, url });
    expect((await captures.daemon.daemon.status()).daemon).toMatchObject({
      url,
      trouble: 'the daemon is ending',
    });
    busy.status('capture_stopped');
    await stopped;
    expect(idle.received).toEqual([]);
  });

  it('addresses the devices that are named, by name or unique prefix', async () => {
    const [left, right] = [
      await captures.connect('?name=left'),
      await captures.connect('?name=right'),
    ];
    const { result } = captures.start({ devices: ['ri'], timeoutMs: 0 });
    expect((await result).devices).toMatchObject([{ name: 'right', state: 'requested' }]);
    await right.receive(1);
    expect(left.received).toEqual([]);
    await expect(captures.start({ devices: ['nobody'] }).result).rejects.toMatchObject({
      code: 'UNKNOWN_DEVICE',
    });
  });

  it('needs a phone', async () => {
    await expect(captures.start().result).rejects.toMatchObject({ code: 'NO_CAMERA' });
  });

  it('never addresses a client that is no camera', async () => {
    const other = new WebSocket(captures.daemon.url);
    await once(other, 'open');
    await expect(captures.start().result).rejects.toMatchObject({ code: 'NO_CAMERA' });
    other.close();
  });
});
