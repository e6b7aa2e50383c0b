import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { SessionSummary } from '../../src/lib/base/session-summary.js';
import { nalUnitType } from '../../src/lib/h264/nal-unit-type.js';
import { splitNalUnits } from '../../src/lib/h264/nal-units.js';
import { DEFAULT_BEHAVIOUR } from '../../src/lib/simulate/behaviour.js';
import { loadShippedSamples } from '../../src/lib/simulate/shipped-samples.js';
import { simulatePhones } from '../../src/lib/simulate/simulate-phones.js';
import { MAX_VIEWERS } from '../../src/lib/web/limits.js';
import {
  decodePictureMessage,
  LIVE_PATH,
  LIVE_SUBPROTOCOL,
  type LivePictureMessage,
  type LiveServerMessage,
} from '../../src/lib/web/live-protocol.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { startTestDaemon, type TestDaemon } from '../support/test-daemon.js';
import { TestPhone } from '../support/test-phone.js';

let served: TestDaemon;

afterEach(() => served.stop());

/** A monitor page without the page. */
class Viewer {
  readonly socket: WebSocket;
  readonly messages: LiveServerMessage[] = [];
  readonly pictures: LivePictureMessage[] = [];

  constructor(options: { origin?: string; protocol?: string } = {}) {
    const { origin, protocol = LIVE_SUBPROTOCOL } = options;
    const url = `ws://127.0.0.1:${served.daemon.info.port}${LIVE_PATH}`;
    this.socket = new WebSocket(url, protocol, origin === undefined ? {} : { origin });
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) this.messages.push(JSON.parse(data.toString()) as LiveServerMessage);
      else {
        const picture = decodePictureMessage(Uint8Array.from(data).buffer);
        if (picture === undefined) throw new Error('no picture');
        this.pictures.push(picture);
        this.say({ type: 'ack', number: picture.number });
      }
    });
  }

  static async open(): Promise<Viewer> {
    const viewer = new Viewer();
    await once(viewer.socket, 'open');
    return viewer;
  }

  say(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Resolves when the daemon has read everything said so far. */
  async settled(): Promise<void> {
    this.socket.ping();
    await once(this.socket, 'pong');
  }

  async until(found: () => boolean): Promise<void> {
    while (!found()) await once(this.socket, 'message');
  }

  /** How the handshake was answered. */
  async refusal(): Promise<number> {
    const [, response] = await once(this.socket, 'unexpected-response');
    return (response as { statusCode: number }).statusCode;
  }
}

function nalTypes({ payload }: LivePictureMessage): number[] {
  return splitNalUnits(payload).nalUnits.map(nalUnitType);
}

/** The sample with so many bytes of filler data (ISO/IEC 14496-10, 7.3.2.7) behind each picture. */
async function heavySample(fillerBytes: number): Promise<string> {
  const [{ config, pictures }] = await loadShippedSamples();
  const filler = Buffer.from([0, 0, 0, 1, 12, ...new Uint8Array(fillerBytes).fill(0xff), 0x80]);
  const path = join(await temporaryDirectory(), 'heavy.h264');
  const stream = [...config, ...pictures.flatMap(({ bytes }) => [bytes, filler])];
  await writeFile(path, Buffer.concat(stream));
  return path;
}

/** What is counted as memory in use has to be in use: garbage that waits for its collector depends on the machine. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('a viewer', () => {
  it('sees the pictures as they come, from a key picture on, with its parameter sets', async () => {
    served = await startTestDaemon();
    const [{ config, pictures }] = await loadShippedSamples();
    const phone = await TestPhone.connect(`${served.url}?name=phone`);
    phone.status('capture_started');
    for (const nalUnit of config) phone.packet(nalUnit, 0);
    for (const [n, { bytes }] of pictures.slice(0, 5).entries()) phone.packet(bytes, 5000 + n);
    await phone.settled();
    const viewer = await Viewer.open();
    const [device] = (await served.daemon.status()).devices;
    viewer.say({ type: 'watch', devices: [device?.id] });
    await viewer.settled();
    for (const [n, { bytes }] of pictures.slice(5, 25).entries()) phone.packet(bytes, 6000 + n);
    await viewer.until(() => viewer.pictures.length >= 15);

    const [first, second] = viewer.pictures;
    // The next key picture is the tenth of the sample, and the parameter sets came once, before anybody watched.
    expect(first).toMatchObject({ number: 1, key: true, timestampMs: 6005, device: device?.id });
    expect(first && nalTypes(first)).toEqual([7, 8, 5]);
    expect(second && Buffer.from(second.payload)).toEqual(Buffer.from(pictures[11]?.bytes ?? []));
    expect(Math.abs((first?.arrivalMs ?? 0) - Date.now())).toBeLessThan(10_000);

    // Watching nothing, it gets nothing more.
    viewer.say({ type: 'watch', devices: [] });
    await viewer.settled();
    const seen = viewer.pictures.length;
    phone.packet(pictures[25]?.bytes ?? Buffer.of(), 7000);
    await phone.settled();
    await viewer.settled();
    expect(viewer.pictures).toHaveLength(seen);
    await phone.close();
    viewer.socket.close();
  });

  it('is told the figures, the events before and since, and the time', async () => {
    served = await startTestDaemon();
    const phone = await TestPhone.connect(`${served.url}?name=early`);
    await phone.settled();
    const viewer = await Viewer.open();
    viewer.say({ type: 'ping', sentMs: 12.5 });
    await viewer.until(() => viewer.messages.some(({ type }) => type === 'pong'));
    const late = await TestPhone.connect(`${served.url}?name=late`);
    await viewer.until(() => viewer.messages.some(({ type }) => type === 'event'));
    expect(viewer.messages[0]).toMatchObject({
      type: 'hello',
      events: [{ event: { event: 'device.connected', device: { name: 'early' } } }],
    });
    expect(viewer.messages).toContainEqual(
      expect.objectContaining({ type: 'pong', sentMs: 12.5, serverMs: expect.any(Number) }),
    );
    await viewer.until(() => viewer.messages.some(({ type }) => type === 'status'));
    await Promise.all([phone.close(), late.close()]);
    viewer.socket.close();
  });

  it('is left out and not waited for when it reads nothing, while four cameras record', async () => {
    served = await startTestDaemon();
    const input = await heavySample(20_000);
    const viewer = await Viewer.open();
    const connected: string[] = [];
    const stopListening = served.daemon.onEvent((event) => {
      if (event.event !== 'device.connected') return;
      connected.push(event.device.id);
      viewer.say({ type: 'watch', devices: connected });
      // From now on it neither reads nor confirms.
      if (connected.length === 4) viewer.socket.pause();
    });
    const memory: number[] = [];
    const look = setInterval(() => {
      collectGarbage();
      memory.push(process.memoryUsage().arrayBuffers);
    }, 250);
    const report = await simulatePhones({
      url: served.url,
      devices: 4,
      name: 'busy',
      input,
      durationMs: 4_000,
      behaviour: { ...DEFAULT_BEHAVIOUR, autostart: true, fps: 100, jitter: 0, startDelayMs: 300 },
    });
    const sessions: SessionSummary[] = [];
    for (let n = 0; n < 4; n += 1) sessions.push(await served.finished());
    clearInterval(look);
    stopListening();

    expect(connected).toHaveLength(4);
    for (const { name, captures } of report.devices) {
      const session = sessions.find(({ device }) => device === name);
      const [capture] = captures;
      expect(session).toMatchObject({
        state: 'complete',
        lost: 0,
        frames: capture?.frames,
        bytes: capture?.bytes,
      });
      const raw = await readFile(session?.files.raw ?? '');
      expect(createHash('sha256').update(raw).digest('hex')).toBe(capture?.sha256);
    }
    // Flat: the second half needs no more than the first, give or take what is on its way.
    const total = sessions.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(total).toBeGreaterThan(25e6);
    const half = Math.floor(memory.length / 2);
    const peak = (values: number[]) => Math.max(...values) / 1e6;
    expect(peak(memory.slice(half))).toBeLessThan(peak(memory.slice(0, half)) + 8);

    // It was left out: what it finds when it reads again is the beginning, bounded, and nothing of the rest.
    const sent = report.devices.flatMap(({ captures }) => captures.map(({ frames }) => frames));
    viewer.socket.resume();
    await viewer.settled();
    expect(viewer.pictures.length).toBeLessThan(sent.reduce((sum, frames) => sum + frames) / 2);
    viewer.socket.close();
  });
});

describe('the live address', () => {
  it('is a path like any other for a camera', async () => {
    served = await startTestDaemon();
    const { port } = served.daemon.info;
    const phone = await TestPhone.connect(`ws://127.0.0.1:${port}${LIVE_PATH}?name=stubborn`);
    expect((await served.event('device.connected')).device.name).toBe('stubborn');
    await phone.close();
  });

  it('refuses pages of other sites, and who has no token', async () => {
    served = await startTestDaemon({ access: { token: 'secret' } });
    expect(await new Viewer({ origin: 'https://elsewhere.example' }).refusal()).toBe(403);
    expect(await new Viewer().refusal()).toBe(401);
  });

  it('keeps no connection of who is refused and never closes its side', async () => {
    served = await startTestDaemon();
    const { port } = served.daemon.info;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const handshake = [
      `GET ${LIVE_PATH} HTTP/1.1`,
      'Host: elsewhere.example',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      `Sec-WebSocket-Protocol: ${LIVE_SUBPROTOCOL}`,
    ];
    socket.write(`${handshake.join('\r\n')}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 403 /);
    // Whose other end is gone is told so at the next thing that it says.
    const gone = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    const saying = setInterval(() => socket.write('x'), 20);
    await gone;
    clearInterval(saying);
  });

  it('has room for so many viewers', async () => {
    served = await startTestDaemon();
    const viewers = await Promise.all(Array.from({ length: MAX_VIEWERS }, () => Viewer.open()));
    expect(await new Viewer().refusal()).toBe(503);
    const leaving = viewers.pop()?.socket ?? new WebSocket(null);
    leaving.close();
    await once(leaving, 'close');
    const next = await Viewer.open();
    for (const { socket } of [...viewers, next]) socket.terminate();
  });
});
