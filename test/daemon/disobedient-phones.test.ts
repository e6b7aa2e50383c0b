/**
 * Phones that do not do what they are told when they are told: they begin late, or never say that they have stopped.
 */
import { describe, expect, it } from 'vitest';
import {
  STOP_AGAIN_MS,
  STOP_QUIET_MS,
  STOP_WAIT_MS,
} from '../../src/lib/daemon/capture-conversation.js';
import { capturesPerTest, config, picture, sendPictures } from '../support/captures-per-test.js';
import { ManualClock } from '../support/manual-clock.js';
import type { TestPhone } from '../support/test-phone.js';

const captures = capturesPerTest();

describe('a phone that does not say that it has stopped', () => {
  async function stopInVain(clock: ManualClock) {
    await captures.restart({ clock });
    const phone = await captures.connect('?name=broken');
    phone.status('capture_started');
    sendPictures(phone, 3);
    await captures.daemon.event('session.opened');
    phone.status('error', 'Camera disconnected by system');
    await phone.settled();
    const stopping = captures.daemon.daemon.stopCapture({ timeoutMs: 2 * STOP_WAIT_MS });
    await phone.receive(1);
    return { phone, stopping };
  }
  const states = async () =>
    (await captures.daemon.daemon.status()).devices.map(({ state }) => state);

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
    const { result } = captures.start();
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
    await captures.daemon.event('session.opened');
    expect(await stops()).toBe(3);
  });
});

describe('a phone that was told to begin and has not when nobody waits any more', () => {
  const STOP = '{"command":"stop_capture"}';

  async function startInVain(label: string): Promise<{ phone: TestPhone; captureId: string }> {
    const phone = await captures.connect('?name=late');
    const { capture, devices } = await captures.start({ label, timeoutMs: 20 }).result;
    expect(devices).toMatchObject([{ state: 'timeout' }]);
    return { phone, captureId: capture.id };
  }

  /** Films to the end of a capture that nobody ordered. */
  async function expectOwnCapture(phone: TestPhone): Promise<void> {
    sendPictures(phone, 2);
    phone.status('capture_stopped');
    const session = await captures.daemon.finished();
    expect(session).toMatchObject({ label: null, captureId: null, frames: 2 });
  }

  it('is shown as starting, and begins under that order after all', async () => {
    const { phone, captureId } = await startInVain('ordered');
    expect((await captures.daemon.daemon.status()).devices).toMatchObject([{ state: 'starting' }]);
    phone.status('capture_started');
    sendPictures(phone, 2);
    phone.status('capture_stopped');
    expect(await captures.daemon.finished()).toMatchObject({ label: 'ordered', captureId });
  });

  it.each([
    ['every phone', () => ({})],
    ['this phone', () => ({ devices: ['late'] })],
    ['this capture', (captureId: string) => ({ captureId })],
  ])('is told to end by a stop of %s', async (_, params) => {
    const { phone, captureId } = await startInVain('called off');
    await captures.daemon.daemon.stopCapture({ timeoutMs: 100, ...params(captureId) });
    expect(await phone.receive(2)).toContain(STOP);
    expect((await captures.daemon.daemon.status()).devices).toMatchObject([{ state: 'idle' }]);
  });

  it('is left alone by a stop of another capture', async () => {
    const { phone } = await startInVain('ordered');
    await captures.daemon.daemon.stopCapture({ timeoutMs: 100, captureId: 'another' });
    await phone.settled();
    expect(phone.received).toHaveLength(1);
  });

  it('is told once more when it begins in spite of the stop', async () => {
    const { phone } = await startInVain('called off');
    await captures.daemon.daemon.stopCapture({ timeoutMs: 100 });
    await phone.receive(2);
    phone.status('capture_started');
    expect((await phone.receive(3)).slice(1)).toEqual([STOP, STOP]);
    await expectOwnCapture(phone);
  });

  it.each([
    ['said that it failed', async (phone: TestPhone) => phone.status('error', 'camera in use')],
    [
      'was told to end',
      async () => void (await captures.daemon.daemon.stopCapture({ timeoutMs: 100 })),
    ],
  ])('gives its label to no later capture once it %s', async (_, giveUp) => {
    const { phone } = await startInVain('given up');
    await giveUp(phone);
    phone.status('capture_started');
    await expectOwnCapture(phone);
  });
});
