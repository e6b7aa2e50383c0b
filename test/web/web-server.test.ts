import { once } from 'node:events';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/lib/base/clock.js';
import { silentLogger } from '../../src/lib/base/logger.js';
import type { SessionSummary } from '../../src/lib/base/session-summary.js';
import { LiveTap } from '../../src/lib/daemon/live-tap.js';
import { DEFAULT_BEHAVIOUR } from '../../src/lib/simulate/behaviour.js';
import { simulatePhones } from '../../src/lib/simulate/simulate-phones.js';
import { systemDisk } from '../../src/lib/storage/disk.js';
import { isLocal } from '../../src/lib/web/request-origin.js';
import type { WebSession } from '../../src/lib/web/web-api.js';
import { WebServer } from '../../src/lib/web/web-server.js';
import { ask, json, type Question } from '../support/http-request.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { startTestDaemon, type TestDaemon } from '../support/test-daemon.js';

const JSON_BODY = { 'content-type': 'application/json' };

describe('pages and files on the serving port', () => {
  let served: TestDaemon;
  let port: number;
  let session: SessionSummary;

  beforeAll(async () => {
    served = await startTestDaemon();
    port = served.daemon.info.port;
    const finished = served.finished();
    await simulatePhones({
      url: served.url,
      name: 'phone',
      durationMs: 600,
      behaviour: { ...DEFAULT_BEHAVIOUR, autostart: true, fps: 20 },
    });
    session = await finished;
  });

  afterAll(() => served.stop());

  const get = (path: string, question: Question = {}) => ask(port, path, question);

  it.each([
    ['/', '<title>camrec</title>'],
    ['/camera', '<title>Camera · camrec</title>'],
  ])('%s is a page under a strict policy', async (path, title) => {
    const { status, headers, body } = await get(path);
    expect(status).toBe(200);
    expect(body.toString('utf8')).toContain(title);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
  });

  it('has pages that ask for nothing from elsewhere and hold no script of their own', async () => {
    for (const page of ['/', '/camera']) {
      const html = (await get(page)).body.toString('utf8');
      const addresses = [...html.matchAll(/\b(?:src|href)="([^"]*)"/g)].map(([, url]) => url);
      expect(addresses.filter((url) => !url?.startsWith('/'))).toEqual([]);
      expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\bstyle=|\bon[a-z]+="/);
    }
  });

  it('are small', async () => {
    const files = ['/', '/camera', '/assets/monitor.js', '/assets/camera.js', '/assets/page.css'];
    const sizes = await Promise.all(files.map(async (path) => (await get(path)).body.length));
    expect(Math.min(...sizes)).toBeGreaterThan(500);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(80_000);
  });

  it('sends an asset only once', async () => {
    const { headers } = await get('/assets/page.css');
    const again = await get('/assets/page.css', {
      headers: { 'if-none-match': String(headers['etag']) },
    });
    expect(again).toMatchObject({ status: 304 });
    expect(again.body.length).toBe(0);
  });

  it('lists sessions without a path of this machine', async () => {
    const { sessions } = json(await get('/api/sessions')) as { sessions: WebSession[] };
    expect(sessions).toMatchObject([{ id: session.id, state: 'complete', frames: session.frames }]);
    expect(JSON.stringify(sessions)).not.toContain(served.directory);
    for (const url of [...(sessions[0]?.urls.mp4 ?? []), sessions[0]?.urls.index ?? '']) {
      expect(await get(url)).toMatchObject({ status: 200 });
    }
  });

  it('reads no manifest of a finished session twice for it', async () => {
    const first = json(await get('/api/sessions'));
    const read = vi.spyOn(systemDisk, 'readFile');
    expect(json(await get('/api/sessions'))).toEqual(first);
    const paths = read.mock.calls.map(([path]) => path);
    read.mockRestore();
    expect(paths.filter((path) => path.endsWith('session.json'))).toEqual([]);
  });

  it('lists a session once while its first manifest is being made durable', async () => {
    const { daemon, directory } = served;
    const opening = { ...session, id: '', state: 'recording' as const };
    vi.spyOn(daemon, 'liveSessions').mockResolvedValueOnce({ dir: directory, sessions: [opening] });
    const { sessions } = json(await get('/api/sessions')) as { sessions: WebSession[] };
    expect(sessions.map(({ id }) => id)).toEqual([session.id]);
  });

  describe('a recorded file', () => {
    const path = () => `/sessions/${session.id}/stream.mp4`;

    it('is sent whole, and as a download under the name of its session', async () => {
      const file = await readFile(session.files.mp4[0] ?? '');
      const { status, headers, body } = await get(`${path()}?download`);
      expect(status).toBe(200);
      expect(body.equals(file)).toBe(true);
      expect(headers).toMatchObject({
        'content-type': 'video/mp4',
        'accept-ranges': 'bytes',
        'content-disposition': `attachment; filename="${session.id}-stream.mp4"`,
      });
    });

    it('is sent in parts', async () => {
      const file = await readFile(session.files.mp4[0] ?? '');
      const part = await get(path(), { headers: { range: 'bytes=100-299' } });
      expect(part.status).toBe(206);
      expect(part.headers['content-range']).toBe(`bytes 100-299/${file.length}`);
      expect(part.body.equals(file.subarray(100, 300))).toBe(true);
      const end = await get(path(), { headers: { range: 'bytes=-50' } });
      expect(end.body.equals(file.subarray(-50))).toBe(true);
      const outside = await get(path(), { headers: { range: `bytes=${file.length}-` } });
      expect(outside).toMatchObject({ status: 416 });
      expect(outside.headers['content-range']).toBe(`bytes */${file.length}`);
      const other = { range: 'bytes=0-9', 'if-range': '"another"' };
      expect(await get(path(), { headers: other })).toMatchObject({ status: 200 });
      const head = await get(path(), { method: 'HEAD' });
      expect(head.headers['content-length']).toBe(String(file.length));
    });

    it.each([
      '../stream.mp4',
      '..%2fstream.mp4',
      '%2e%2e/stream.mp4',
      '..%5cstream.mp4',
      '.',
      '%00',
      '%ff',
      '',
    ])('is not found under the id %j', async (id) => {
      expect(await get(`/sessions/${id}/stream.mp4`)).toMatchObject({ status: 404 });
    });

    it.each([
      'session.json',
      '..%2f..%2fsecret.txt',
      '%2fetc%2fpasswd',
      'stream.mp4%00.csv',
      'nothing.mp4',
    ])('is not found under the name %j', async (name) => {
      await writeFile(join(served.directory, '..', 'secret.txt'), 'secret');
      expect(await get(`/sessions/${session.id}/${name}`)).toMatchObject({ status: 404 });
    });

    it('is not found where a manifest lies about its own name or its files', async () => {
      const manifest = await readFile(join(session.dir, 'session.json'), 'utf8');
      const dir = join(served.directory, 'liar');
      await mkdir(dir);
      const lies = manifest
        .replaceAll(session.id, 'liar')
        .replaceAll('"stream.mp4"', '"../../secret.txt"');
      await writeFile(join(dir, 'session.json'), lies);
      await writeFile(join(served.directory, '..', 'secret.txt'), 'secret');
      expect(await get('/sessions/liar/secret.txt')).toMatchObject({ status: 404 });
      const foreign = join(served.directory, 'foreign');
      await mkdir(foreign);
      await writeFile(join(foreign, 'session.json'), manifest);
      await writeFile(join(foreign, 'stream.mp4'), 'secret');
      expect(await get('/sessions/foreign/stream.mp4')).toMatchObject({ status: 404 });
    });
  });

  describe('the API', () => {
    it('says what the daemon says', async () => {
      const started = await get('/api/capture/start', {
        method: 'POST',
        headers: JSON_BODY,
        body: '{}',
      });
      expect(started.status).toBe(409);
      expect(json(started)).toMatchObject({ error: { code: 'NO_CAMERA' } });
    });

    it.each([
      ['GET', JSON_BODY, undefined, 405],
      ['POST', JSON_BODY, '[]', 400],
      ['POST', { 'content-type': 'text/plain' }, '{}', 415],
      ['POST', JSON_BODY, '{', 400],
      ['POST', JSON_BODY, '{"bitrate":"much"}', 400],
      ['POST', JSON_BODY, '{"unknown":1}', 400],
      ['POST', JSON_BODY, ' '.repeat(70_000), 413],
    ])('refuses %s with %j', async (method, headers, body, status) => {
      const question = body === undefined ? { method, headers } : { method, headers, body };
      expect(await get('/api/capture/start', question)).toMatchObject({ status });
    });

    it('has nothing elsewhere', async () => {
      for (const path of ['/nothing', '/assets/token.html', '/assets/..%2fx.js', '/api', '//x']) {
        expect(await get(path)).toMatchObject({ status: 404 });
      }
    });
  });

  describe('without a token', () => {
    it.each([
      ['another name', { host: 'rebound.example' }],
      ['an address of the network', { host: '192.0.2.1:8765' }],
      ['a proxy', { 'x-forwarded-for': '192.0.2.7' }],
      ['another proxy', { forwarded: 'for=192.0.2.7' }],
      ['a proxy that names itself alone', { via: '1.1 proxy' }],
      ['a proxy that names the address alone', { 'x-real-ip': '192.0.2.7' }],
    ])('the monitor does not answer %s', async (_, headers) => {
      for (const path of ['/', '/api/sessions', `/sessions/${session.id}/stream.mp4`]) {
        const { status, body } = await get(path, { headers });
        expect(status).toBe(403);
        expect(body.toString()).toContain('LOCAL_ONLY');
      }
    });

    it('answers cameras wherever they are', async () => {
      for (const path of ['/camera', '/assets/camera.js', '/assets/page.css', '/api/clock']) {
        const { status } = await get(path, { headers: { host: '192.0.2.1:8765' } });
        expect(status).toBe(200);
      }
    });

    it.each([
      ['127.0.0.1', 'localhost:8765', true],
      ['::1', '[::1]:8765', true],
      ['::ffff:127.0.0.1', '127.0.0.1', true],
      ['127.0.0.1', 'camrec.localhost', true],
      ['192.0.2.7', 'localhost:8765', false],
      ['127.0.0.1', 'localhost.example', false],
      ['127.0.0.1', '127.0.0.1.example', false],
    ])('a request from %s for %s: local %s', (remoteAddress, host, expected) => {
      const request = { socket: { remoteAddress }, headers: { host } };
      expect(isLocal(request as unknown as IncomingMessage)).toBe(expected);
    });
  });

  describe('of pages of other sites', () => {
    it.each([
      ['a script', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
      ['a neighbour', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
      [
        'a frame',
        {
          'sec-fetch-site': 'cross-site',
          'sec-fetch-mode': 'navigate',
          'sec-fetch-dest': 'iframe',
        },
      ],
      ['an old browser', { origin: 'https://elsewhere.example' }],
      ['a sandbox', { origin: 'null' }],
    ])('%s gets nothing', async (_, headers) => {
      for (const path of ['/', '/camera', '/api/sessions', `/sessions/${session.id}/stream.mp4`]) {
        expect(await get(path, { headers })).toMatchObject({ status: 403 });
      }
      const post = { method: 'POST', headers: { ...JSON_BODY, ...headers }, body: '{}' };
      expect(await get('/api/capture/stop', post)).toMatchObject({ status: 403 });
    });

    it('a link may lead to a page, and to nothing else', async () => {
      const headers = {
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      };
      expect(await get('/', { headers })).toMatchObject({ status: 200 });
      expect(await get('/api/sessions', { headers })).toMatchObject({ status: 403 });
    });
  });
});

describe('with a token', () => {
  let served: TestDaemon;
  let port: number;

  beforeAll(async () => {
    served = await startTestDaemon({ access: { token: 'open sesame' } });
    port = served.daemon.info.port;
  });

  afterAll(() => served.stop());

  it('asks a person for it, and a program in its own words', async () => {
    for (const path of ['/', '/camera', '/?token=wrong']) {
      const { status, body } = await ask(port, path);
      expect(status).toBe(401);
      expect(body.toString()).toContain('name="token"');
    }
    for (const path of ['/api/sessions', '/api/clock', '/assets/monitor.js', '/sessions/a/b']) {
      const answer = await ask(port, path);
      expect(answer.status).toBe(401);
      expect(json(answer)).toMatchObject({ error: { code: 'TOKEN_NEEDED' } });
    }
    expect(await ask(port, '/assets/page.css')).toMatchObject({ status: 200 });
  });

  it('lets in who brings it, from anywhere, and knows the browser afterwards', async () => {
    const host = '192.0.2.1:8765';
    const page = await ask(port, '/?token=open+sesame', { headers: { host } });
    expect(page.status).toBe(200);
    const [cookie = ''] = page.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toContain('sesame');
    const headers = { host, cookie: cookie.split(';')[0] ?? '' };
    for (const path of ['/', '/camera', '/assets/monitor.js', '/api/sessions']) {
      expect(await ask(port, path, { headers })).toMatchObject({ status: 200 });
    }
    const foreign = { ...headers, 'sec-fetch-site': 'cross-site' };
    expect(await ask(port, '/api/sessions', { headers: foreign })).toMatchObject({ status: 403 });
  });
});

it('answers although the pages cannot be read, and has them once they can', async () => {
  const pages = await temporaryDirectory();
  const served = await startTestDaemon();
  const failed = vi.fn();
  const web = new WebServer({
    api: served.daemon,
    source: new LiveTap(),
    disk: systemDisk,
    clock: systemClock,
    logger: { ...silentLogger, error: failed },
    needsToken: true,
    assets: pages,
  });
  const listener = createServer((request, response) => void web.refuse(request, response));
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const { port } = listener.address() as AddressInfo;
  await mkdir(join(pages, 'token.html'));
  expect(await ask(port, '/')).toMatchObject({ status: 500 });
  expect(failed.mock.calls).toMatchObject([
    [{ event: 'request.failed', url: '/' }, expect.stringMatching(/EISDIR/)],
  ]);
  await rmdir(join(pages, 'token.html'));
  await writeFile(join(pages, 'token.html'), '<title>Token</title>');
  expect(await ask(port, '/')).toMatchObject({
    status: 401,
    body: Buffer.from('<title>Token</title>'),
  });
  listener.close();
  web.close();
  await served.stop();
});
