/**
 * Peers that read nothing any more, and so do not answer the closing handshake (RFC 6455, 7.1.2).
 */
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/lib/base/clock.js';
import { silentLogger } from '../../src/lib/base/logger.js';
import { CameraServer } from '../../src/lib/ingest/camera-server.js';
import { MAX_TEXT_BYTES } from '../../src/lib/ingest/limits.js';

it('are cut off soon, be it that they are refused or that the server ends', async () => {
  const closed: string[] = [];
  const nothing = () => {};
  const server = new CameraServer({
    host: '127.0.0.1',
    port: 0,
    maxCameras: 10,
    silenceMs: 15_000,
    clock: systemClock,
    logger: silentLogger,
    onCamera: () => ({
      status: nothing,
      capabilities: nothing,
      packet: nothing,
      rejected: nothing,
      ignored: nothing,
      closed: (reason, detail) => closed.push(`${reason}: ${detail}`),
    }),
  });
  onTestFinished(() => server.close());
  await server.listen();
  async function deaf(text: string) {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}`);
    onTestFinished(() => socket.terminate());
    await once(socket, 'open');
    socket.pause();
    socket.send(text);
  }
  await deaf('x'.repeat(MAX_TEXT_BYTES + 1));
  await expect.poll(() => closed, { timeout: 5_000 }).toHaveLength(1);
  await deaf('');
  await server.close();
  expect(closed).toEqual([
    `violation: text over ${MAX_TEXT_BYTES} bytes`,
    'closed: the connection broke',
  ]);
}, 10_000);
