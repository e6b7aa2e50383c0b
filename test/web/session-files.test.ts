import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../../src/lib/base/logger.js';
import type { SessionSummary } from '../../src/lib/base/session-summary.js';
import { DEFAULT_BEHAVIOUR } from '../../src/lib/simulate/behaviour.js';
import { simulatePhones } from '../../src/lib/simulate/simulate-phones.js';
import { ask, type Question } from '../support/http-request.js';
import { startTestDaemon, type TestDaemon } from '../support/test-daemon.js';

describe('questions about a recorded file', () => {
  const failures: string[] = [];
  let served: TestDaemon;
  let session: SessionSummary;

  beforeAll(async () => {
    const error: Logger['error'] = (_, text) => failures.push(text);
    served = await startTestDaemon({ logger: { ...silentLogger, error } });
    await simulatePhones({
      url: served.url,
      name: 'phone',
      durationMs: 300,
      behaviour: { ...DEFAULT_BEHAVIOUR, autostart: true, fps: 20 },
    });
    session = await served.finished();
  });

  afterAll(() => served.stop());

  const get = (question: Question = {}) =>
    ask(served.daemon.info.port, `/sessions/${session.id}/stream.mp4`, question);

  it('are answered without it where it is known (RFC 9110, 13.1.2)', async () => {
    const { etag: tag } = (await get()).headers;
    const etag = String(tag);
    for (const known of [etag, `W/${etag}`, `"another", ${etag}`, '*']) {
      const answer = await get({ headers: { 'if-none-match': known } });
      expect(answer).toMatchObject({ status: 304, headers: { etag } });
      expect(answer.body.length).toBe(0);
    }
    for (const other of ['"another"', etag.slice(1), '']) {
      expect(await get({ headers: { 'if-none-match': other } })).toMatchObject({ status: 200 });
    }
  });

  it('have parts with GET alone (RFC 9110, 14.2)', async () => {
    const { length } = (await get()).body;
    for (const range of ['bytes=0-9', `bytes=${length}-`]) {
      const { status, headers, body } = await get({ method: 'HEAD', headers: { range } });
      expect(status).toBe(200);
      expect(headers['content-length']).toBe(String(length));
      expect(headers['content-range']).toBeUndefined();
      expect(body.length).toBe(0);
    }
  });

  it('are no defect where who asks goes away half way', async () => {
    const socket = connect(served.daemon.info.port, '127.0.0.1');
    const lines = [
      'POST /api/capture/stop HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      'Content-Length: 100',
      'Expect: 100-continue',
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    await once(socket, 'data');
    socket.write('{');
    socket.destroy();
    await once(socket, 'close');
    // What came of it is known by the time that another question is answered.
    await get();
    await get();
    expect(failures).toEqual([]);
  });
});
