/**
 * `camrec serve` with a token, with TLS and without either, as a process of its own.
 */
import { chmod, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Logger } from '../../src/lib/base/logger.js';
import { silentLogger } from '../../src/lib/base/logger.js';
import { isLoopback, loadAccess, warnIfOpen } from '../../src/lib/daemon/access-settings.js';
import { simulatePhones } from '../../src/lib/simulate/simulate-phones.js';
import { ServeProcess } from '../support/serve-process.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const TOKEN = 'lab-token-4711-abcdef';

const BRIEF = { autostart: true, maxFrames: 5, maxCaptures: 1, speed: 20 };

it('lets in who has the token, by address or by header, and never logs it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'camrec-serve-'));
  const tokenFile = join(root, 'token');
  await writeFile(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  const serve = await ServeProcess.start(['--token-file', tokenFile, '--log-level', 'trace'], root);
  try {
    await expect(simulatePhones({ url: serve.url, behaviour: BRIEF })).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('401'),
    });
    const wrong = `${serve.url}?token=${TOKEN}x`;
    await expect(simulatePhones({ url: wrong, behaviour: BRIEF })).rejects.toThrow('401');
    await simulatePhones({ url: `${serve.url}?token=${TOKEN}`, behaviour: BRIEF });
    await serve.line('session.finished');
    serve.signal('SIGTERM');
    await serve.exited;
    expect(serve.log.filter(({ event }) => event === 'limit')).toMatchObject([
      { limit: 'unauthorized', detail: 'no token' },
      { limit: 'unauthorized', count: 1, total: 2, detail: 'a wrong token' },
    ]);
    expect(JSON.stringify(serve.log)).not.toContain(TOKEN);
    expect((await stat(serve.directory)).mode & 0o777).toBe(0o700);
  } finally {
    await serve.remove();
  }
});

it('speaks wss, and says so in its addresses', async () => {
  const serve = await ServeProcess.start(['--tls'], undefined, {
    XDG_DATA_HOME: await temporaryDirectory(),
  });
  try {
    expect(serve.url).toMatch(/^wss:\/\/127\.0\.0\.1:/);
    const report = await simulatePhones({ url: serve.url, insecure: true, behaviour: BRIEF });
    const line = await serve.line('session.finished');
    expect(line).toMatchObject({
      state: 'complete',
      frames: report.devices[0]?.captures[0]?.frames,
    });
    await expect(simulatePhones({ url: serve.url, behaviour: BRIEF })).rejects.toThrow(
      'certificate',
    );
  } finally {
    await serve.remove();
  }
});

it('says in one line that everybody may send video, where everybody may', () => {
  const warned = (host: string, token?: string) => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_: unknown, text: string) => warnings.push(text) };
    warnIfOpen(logger, host, { token });
    return warnings;
  };
  expect(warned('0.0.0.0')).toEqual([expect.stringContaining('--token-file')]);
  expect(warned('192.168.1.5')).toHaveLength(1);
  expect(warned('0.0.0.0', TOKEN)).toEqual([]);
  expect(warned('127.0.0.1')).toEqual([]);
});

it('knows which addresses only this machine can reach', () => {
  const hosts = [
    '127.0.0.1',
    '127.8.8.8',
    '::1',
    'localhost',
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '127.x',
  ];
  expect(hosts.filter(isLoopback)).toEqual(['127.0.0.1', '127.8.8.8', '::1', 'localhost']);
});

it.each([
  ['nothing', ''],
  ['too little', 'short'],
  ['two lines', `${TOKEN}\n${TOKEN}`],
  ['what no address holds', `${TOKEN}&name=x`],
])('refuses a token file with %s, without showing it', async (_name, contents) => {
  const tokenFile = join(await temporaryDirectory(), 'token');
  await writeFile(tokenFile, contents, { mode: 0o600 });
  const error = await loadAccess({ tokenFile, allowedOrigins: [] }, silentLogger).catch((e) => e);
  expect(error).toMatchObject({ code: 'INPUT_INVALID', hint: expect.stringContaining('openssl') });
  expect(error.message).not.toContain(TOKEN);
});

it('warns of a token file that others can read, and refuses one that is not there', async () => {
  const tokenFile = join(await temporaryDirectory(), 'token');
  const load = (logger: Logger) => loadAccess({ tokenFile, allowedOrigins: [] }, logger);
  await expect(load(silentLogger)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  await writeFile(tokenFile, TOKEN);
  await chmod(tokenFile, 0o644);
  const warnings: string[] = [];
  const access = await load({ ...silentLogger, warn: (_fields, text) => warnings.push(text) });
  expect(access.token).toBe(TOKEN);
  expect(warnings).toEqual([expect.stringContaining('chmod 600')]);
});

it('keeps a token file that it may not read', async () => {
  const directory = await temporaryDirectory();
  await chmod(directory, 0o755);
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, TOKEN, { mode: 0o000 });
  // Root may read everything, so for a moment this is somebody else.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  const error = await loadAccess({ tokenFile, allowedOrigins: [] }, silentLogger)
    .catch((refusal) => refusal)
    .finally(() => isRoot && process.seteuid?.(0));
  expect(error).toMatchObject({
    code: 'INPUT_INVALID',
    message: `The token file ${tokenFile} cannot be read (permission denied).`,
    hint: expect.stringContaining(`chown ${isRoot ? 65_534 : process.geteuid?.()} ${tokenFile}`),
  });
});

it('proposes to make a missing token by a command that a shell takes as it stands', async () => {
  const tokenFile = join(tmpdir(), 'no such', "lab's token");
  await expect(loadAccess({ tokenFile, allowedOrigins: [] }, silentLogger)).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    hint: expect.stringContaining(`> '${tmpdir()}/no such/lab'\\''s token'`),
  });
});

it('offers to replace nothing that is no token at all', async () => {
  const directory = await temporaryDirectory();
  const large = join(directory, 'film.mp4');
  await writeFile(large, Buffer.alloc(5000), { mode: 0o600 });
  for (const tokenFile of [directory, large]) {
    const refusal = loadAccess({ tokenFile, allowedOrigins: [] }, silentLogger);
    await expect(refusal).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      hint: expect.not.stringContaining('openssl'),
    });
  }
});

it.each(['lab.example', 'https://lab.example/', 'https://lab.example/x', 'ftp//x'])(
  'refuses %s as an origin',
  async (origin) => {
    const settings = { tokenFile: undefined, allowedOrigins: [origin] };
    await expect(loadAccess(settings, silentLogger)).rejects.toMatchObject({ code: 'USAGE' });
  },
);
